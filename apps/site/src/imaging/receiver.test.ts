import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wide } from '@bithive/kernel/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { indexInstance } from './dicom-index.ts'
import { asScanner, runProgram, startTestReceiver, type TestReceiver } from './dicom-peers.ts'
import { sendInstances } from './dicom-sender.ts'
import { editElements } from './edit-elements.ts'
import { createIncomingSink } from './incoming-sink.ts'
import { incomingFolders, isWhole } from './queue-slots.ts'
import { DEFAULT_READ_LIMITS, readElements } from './read-elements.ts'
import { sampleFile, samplePath } from './sample-files.ts'
import { sampleFiles } from './sample-scanner.ts'

let directory: string
let receiver: TestReceiver | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bithive-receiver-'))
})
afterEach(async () => {
  await receiver?.stop()
  receiver = undefined
  rmSync(directory, { recursive: true, force: true })
})

/** Files that hold something: the queue also has the empty files of coming images. */
const filesIn = (folder: string) =>
  readdirSync(join(directory, folder)).filter((name) => statSync(join(directory, folder, name)).size > 0)
const queuedBytes = () => filesIn('queued').map((name) => readFileSync(join(directory, 'queued', name)))
const dataSet = (bytes: Uint8Array) => Buffer.from(bytes.subarray(readElements(bytes).metaEnd))
const VOLUME = Array.from({ length: 20 }, (_, i) => samplePath(`volume/brain_${String(i + 1).padStart(3, '0')}`))

describe('dcmtk sends to the receiver', () => {
  const t = wide('dcmtk', ['storescu', 'echoscu'])

  t('C-ECHO is answered', async () => {
    receiver = await startTestReceiver(directory)
    expect(await runProgram('echoscu', asScanner(receiver.port))).toEqual({ status: 0, output: '' })
  })

  t.each([
    ['-xr', 'rle'],
    ['-xw', 'jpeg_2000'],
    ['-xu', 'jpeg_ls'],
    ['-xs', 'jpeg_lossless_sel1'],
    ['-xi', 'implicit_little'],
    ['-xb', 'explicit_big'],
  ])('%s: %s arrives with its pixels and in its syntax', async (option, name) => {
    receiver = await startTestReceiver(directory)
    const sent = await runProgram('storescu', [option, ...asScanner(receiver.port), samplePath(name)])
    expect(sent.status, sent.output).toBe(0)
    const [stored] = queuedBytes().map((bytes) => indexInstance(bytes))
    const original = indexInstance(sampleFile(name))
    expect(stored?.header).toEqual(original.header)
    const pixels = (one: typeof original) => {
      const element = one.file.elements.find((e) => e.tag === 0x7fe00010)
      return Buffer.from(one.file.body.subarray(element?.valueStart, element?.valueEnd))
    }
    expect(pixels(stored as typeof original).equals(pixels(original))).toBe(true)
  })

  t('a series of 20 slices arrives whole, the one that defeats dcmjs too', async () => {
    receiver = await startTestReceiver(directory)
    const sent = await runProgram('storescu', [...asScanner(receiver.port), ...VOLUME])
    expect(sent.status).toBe(0)
    const numbers = queuedBytes().map((bytes) => Number(indexInstance(bytes).header.instanceNumber))
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })

  t('a stranger, and a call to another title, are rejected and nothing is stored', async () => {
    receiver = await startTestReceiver(directory)
    const to = ['127.0.0.1', String(receiver.port), samplePath('volume/brain_002')]
    const stranger = await runProgram('storescu', ['-aet', 'NOBODY', '-aec', 'BITHIVE', ...to])
    const misdirected = await runProgram('storescu', ['-aet', 'SCANNER', '-aec', 'OTHER', ...to])
    expect(stranger.output).toContain('Calling AE Title Not Recognized')
    expect(misdirected.output).toContain('Called AE Title Not Recognized')
    expect(filesIn('queued')).toEqual([])
  })

  t('a known title from another address is rejected', async () => {
    receiver = await startTestReceiver(directory, { peers: [{ aeTitle: 'SCANNER', addresses: ['192.0.2.1'] }] })
    expect((await runProgram('echoscu', asScanner(receiver.port))).output).toContain('Calling AE Title Not Recognized')
  })
})

describe('our sender and the receiver', () => {
  test('every byte of the data set arrives, zeros behind brain_001 included', async () => {
    receiver = await startTestReceiver(directory)
    const files = ['rle', 'volume/brain_001', 'implicit_little', 'explicit_big', 'jpeg_ls'].map(sampleFile)
    const outcomes = await sendInstances(receiver.target, files)
    expect(outcomes).toEqual(files.map(() => ({ state: 'sent', status: 0 })))
    const stored = queuedBytes().map(dataSet)
    for (const file of files) expect(stored.some((bytes) => bytes.equals(dataSet(file)))).toBe(true)
  })

  test('a deflated data set is stored as it was sent', async () => {
    receiver = await startTestReceiver(directory)
    await sendInstances(receiver.target, [sampleFile('deflated')])
    expect(queuedBytes().map(dataSet)).toEqual([dataSet(sampleFile('deflated'))])
  })

  test('a file whose data set is cut is answered C000 and quarantined without a word of it in the log', async () => {
    receiver = await startTestReceiver(directory)
    const [ct] = await sampleFiles('cut')
    const whole = ct?.files[0] as Uint8Array
    const damaged = damageLength(whole)
    expect(await sendRaw(receiver, whole, damaged)).toEqual([{ state: 'refused', reason: 'status', status: 0xc000 }])
    expect(filesIn('queued')).toEqual([])
    const [reason] = filesIn('quarantine').filter((name) => name.endsWith('.json'))
    expect(readFileSync(join(directory, 'quarantine', reason as string), 'utf8')).toBe('{"reason":"imaging.truncated"}')
    const logged = receiver.logged
    await vi.waitFor(() => expect(logged()).toContain('imaging.truncated'))
    for (const word of ['Sample', 'Lin', ct?.patient.patientId as string]) expect(receiver.logged()).not.toContain(word)
  })

  test('an image that is not the one that was announced is answered A900 and quarantined', async () => {
    receiver = await startTestReceiver(directory)
    const announced = sampleFile('rle')
    const other = editElements(announced, [{ path: [0x00080018], action: 'set', vr: 'UI', value: '2.25.1' }])
    expect(await sendRaw(receiver, announced, other)).toEqual([{ state: 'refused', reason: 'status', status: 0xa900 }])
    expect(filesIn('quarantine').length).toBe(2)
  })

  test('a full disk is answered A700, nothing is left behind, and the next image is taken', async () => {
    receiver = await startTestReceiver(directory, { minFreeBytes: Number.MAX_SAFE_INTEGER })
    expect(await sendInstances(receiver.target, [sampleFile('rle')])).toEqual([
      { state: 'refused', reason: 'status', status: 0xa700 },
    ])
    for (const folder of ['queued', 'quarantine']) expect(filesIn(folder)).toEqual([])
    await receiver.stop()
    receiver = await startTestReceiver(directory)
    expect((await sendInstances(receiver.target, [sampleFile('rle')]))[0]?.state).toBe('sent')
  })

  test('an image over the size limit is answered A700', async () => {
    receiver = await startTestReceiver(directory, { maxObjectBytes: 100_000 })
    const outcomes = await sendInstances(receiver.target, [sampleFile('rle'), sampleFile('jpeg_2000')])
    expect(outcomes.map((one) => ('status' in one ? one.status : one.state))).toEqual([0xa700, 0])
  })

  test('a port that somebody else holds is named, with what to do', async () => {
    receiver = await startTestReceiver(directory)
    const { port } = receiver.target
    const second = startTestReceiver(mkdtempSync(join(directory, 'second-')), { port })
    await expect(second).rejects.toMatchObject({ code: 'imaging.port-unavailable', facts: { port } })
  })

  test('a transfer syntax that nobody knows is not accepted', async () => {
    receiver = await startTestReceiver(directory)
    const file = sampleFile('rle')
    const outcome = await sendRaw(receiver, file, file, '1.2.3.4.5')
    expect(outcome).toEqual([{ state: 'refused', reason: 'no-context', status: 0 }])
  })

  test('more associations than allowed are refused for now', async () => {
    receiver = await startTestReceiver(directory, { maxAssociations: 0 })
    const [outcome] = await sendInstances(receiver.target, [sampleFile('rle')])
    expect(outcome).toEqual({ state: 'refused', reason: 'association', status: 0 })
  })

  test('the console stays silent while images with private attributes come in', async () => {
    const out = vi.spyOn(process.stdout, 'write')
    const err = vi.spyOn(process.stderr, 'write')
    receiver = await startTestReceiver(directory)
    await sendInstances(receiver.target, [sampleFile('rle'), sampleFile('volume/brain_001')])
    const said = [...out.mock.calls, ...err.mock.calls].map(([chunk]) => String(chunk)).join('')
    vi.restoreAllMocks()
    expect(said).not.toMatch(/dataset|GEMS|Unknown name|CompressedSamples|brain|warn/i)
  })
})

describe('a peer that does not keep to the protocol', () => {
  /** Sends bytes and resolves when the receiver has closed the connection. */
  function closedAfter(port: number, bytes: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
      socket.resume()
      socket.on('error', () => {})
      socket.on('close', () => resolve(true))
    })
  }

  test('text, an unknown PDU and an announced length of 4 GB end the connection, not the receiver', async () => {
    receiver = await startTestReceiver(directory)
    expect(await closedAfter(receiver.port, Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe(true)
    expect(await closedAfter(receiver.port, Buffer.from([0x09, 0, 0, 0, 0, 4]))).toBe(true)
    expect(await closedAfter(receiver.port, Buffer.from([0x04, 0, 0xff, 0xff, 0xff, 0xff]))).toBe(true)
    expect(await closedAfter(receiver.port, Buffer.from([0x01, 0, 0, 0, 0, 4, 1, 2, 3, 4]))).toBe(true)
    expect((await sendInstances(receiver.target, [sampleFile('rle')]))[0]?.state).toBe('sent')
  })

  test('a connection that says nothing is closed after the idle time', async () => {
    receiver = await startTestReceiver(directory, { idleTimeoutMs: 300 })
    expect(await closedAfter(receiver.port, new Uint8Array())).toBe(true)
  })
})

describe('a disk that is full in the middle of an image', () => {
  const full = process.platform === 'linux' ? test : test.skip
  full('the write error of the system becomes A700', () => {
    const folders = incomingFolders(directory)
    for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true })
    const sink = createIncomingSink({
      folders,
      slots: { take: () => 'x' },
      scratch: Buffer.alloc(4096),
      prefix: new Uint8Array(4096),
      limits: DEFAULT_READ_LIMITS,
      announced: { sopClassUid: '1.2', sopInstanceUid: '1.3' },
      hasRoom: true,
      path: '/dev/full',
    })
    sink.write(new Uint8Array(4096))
    expect(sink.finish()).toEqual({ status: 0xa700, reason: 'storage-full' })
  })
})

describe('the receiver killed in the middle of a series', () => {
  test('whatever was acknowledged is on disk, and what was cut off is gone after the next start', async () => {
    const script = join(directory, 'child.mjs')
    const queue = join(directory, 'queue')
    const source = new URL('./dicom-peers.ts', import.meta.url).href
    writeFileSync(
      script,
      `const { startTestReceiver } = await import(${JSON.stringify(source)})
       const receiver = await startTestReceiver(${JSON.stringify(queue)})
       process.send({ port: receiver.port })
       setInterval(() => process.send({ queued: receiver.queued.length }), 1)`,
    )
    const child = fork(script, { stdio: 'ignore' })
    const slice = sampleFile('volume/brain_002')
    const series = Array.from({ length: 150 }, (_, index) => {
      const uid = `2.25.88${index}`
      return editElements(slice, [
        { path: [0x00020003], action: 'set', vr: 'UI', value: uid },
        { path: [0x00080018], action: 'set', vr: 'UI', value: uid },
      ])
    })
    const outcomes = await new Promise<Awaited<ReturnType<typeof sendInstances>>>((resolve, reject) => {
      child.on('error', reject)
      child.on('message', (message: { port?: number; queued?: number }) => {
        if (message.port !== undefined) {
          const target = { host: '127.0.0.1', port: message.port, callingAe: 'SCANNER', calledAe: 'BITHIVE' }
          sendInstances(target, series).then(resolve, reject)
        } else if ((message.queued ?? 0) >= 3) child.kill('SIGKILL')
      })
    })
    const sent = outcomes.filter((one) => one.state === 'sent').length
    expect(sent).toBeGreaterThanOrEqual(3)
    expect(sent).toBeLessThan(series.length)
    const whole = () =>
      readdirSync(join(queue, 'queued')).filter((name) => isWhole(readFileSync(join(queue, 'queued', name))))
    const kept = whole()
    expect(kept.length).toBeGreaterThanOrEqual(sent)
    for (const name of kept) expect(() => indexInstance(readFileSync(join(queue, 'queued', name)))).not.toThrow()
    // What a kill leaves of an image: its beginning, or a mark whose bytes never reached the disk.
    const [first] = kept.map((name) => readFileSync(join(queue, 'queued', name)))
    writeFileSync(join(queue, 'queued', 'inc_cut.dcm'), (first as Buffer).subarray(0, 9000))
    writeFileSync(join(queue, 'queued', 'inc_torn.dcm'), Buffer.from(first as Buffer).fill(0, 5000, 9096))
    receiver = await startTestReceiver(queue)
    await receiver.stop()
    receiver = undefined
    expect(readdirSync(join(queue, 'queued')).sort()).toEqual(kept.sort())
  })
})

describe('an image that is larger than the memory of its association', () => {
  test('goes to disk as it comes and is whole there', async () => {
    receiver = await startTestReceiver(directory)
    const base = sampleFile('volume/brain_002')
    const big = editElements(base, [
      { path: [0x00080018], action: 'set', vr: 'UI', value: '2.25.77' },
      { path: [0x00020003], action: 'set', vr: 'UI', value: '2.25.77' },
      { path: [0x7fe00010], action: 'replace', vr: 'OW', value: Buffer.alloc(9_000_002, 7) },
    ])
    const outcomes = await sendInstances(receiver.target, [big, base])
    expect(outcomes.map((one) => one.state)).toEqual(['sent', 'sent'])
    const stored = queuedBytes()
    expect(stored.map((bytes) => isWhole(bytes))).toEqual([true, true])
    expect(stored.some((bytes) => dataSet(bytes).equals(dataSet(big)))).toBe(true)
  })
})

/** Makes the value of Patient ID claim more bytes than the file has. */
function damageLength(bytes: Uint8Array): Uint8Array {
  const damaged = Buffer.from(bytes)
  const element = readElements(bytes).elements.find((e) => e.tag === 0x00100020)
  damaged.writeUInt16LE(0xfffe, (element?.valueStart as number) - 2)
  return damaged.subarray(0, (element?.valueStart as number) + 300)
}

/** Announces one file and sends the data set of another, as a faulty device would. */
async function sendRaw(to: TestReceiver, announced: Uint8Array, body: Uint8Array, syntaxUid?: string) {
  const { sendPrepared } = await import('./dicom-sender.ts')
  const { header } = indexInstance(announced)
  const { metaEnd } = readElements(announced)
  const syntax = syntaxUid ?? header.transferSyntaxUid
  const { sopClassUid, sopInstanceUid } = header
  return await sendPrepared(to.target, [
    { sopClassUid, sopInstanceUid, syntaxUid: syntax, dataSet: body.subarray(metaEnd) },
  ])
}
