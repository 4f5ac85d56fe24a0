import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wide } from '@bithive/kernel/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deidentify } from './deidentify.ts'
import { indexInstance } from './dicom-index.ts'
import { freePort, startStorescp, startTestReceiver } from './dicom-peers.ts'
import { sendInstances } from './dicom-sender.ts'
import { sampleFile } from './sample-files.ts'
import { sampleFiles, sendSampleStudies } from './sample-scanner.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bithive-sender-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const names = { callingAe: 'BITHIVE', calledAe: 'PACS' }

describe('sending to dcmtk', () => {
  const t = wide('dcmtk', ['storescp', 'echoscu'])

  t('a CT in RLE and a de-identified MR series arrive with their UIDs', async () => {
    const pacs = await startStorescp(directory)
    const [ct, mr] = await sampleFiles('pacs')
    const deps = { uidKey: Buffer.alloc(32, 3), pseudonym: 'PS1' }
    const files = [...(ct?.files ?? []), ...(mr?.files ?? []).map((bytes) => deidentify(bytes, deps).bytes)]
    const outcomes = await sendInstances({ host: '127.0.0.1', port: pacs.port, ...names }, files)
    pacs.stop()
    expect(outcomes).toEqual(files.map(() => ({ state: 'sent', status: 0 })))
    const stored = readdirSync(directory).map((name) => indexInstance(readFileSync(join(directory, name))).header)
    const uids = (headers: readonly { sopInstanceUid: string }[]) => headers.map((h) => h.sopInstanceUid).sort()
    expect(uids(stored)).toEqual(uids(files.map((bytes) => indexInstance(bytes).header)))
  })
})

describe('outcomes', () => {
  test('nobody listens: unreachable, and nothing left', async () => {
    const port = await freePort()
    const outcomes = await sendInstances({ host: '127.0.0.1', port, ...names }, [
      sampleFile('rle'),
      sampleFile('jpeg_ls'),
    ])
    expect(outcomes).toEqual([{ state: 'unreachable' }, { state: 'unreachable' }])
  })

  test('a peer that rejects us: refused', async () => {
    const receiver = await startTestReceiver(directory)
    const outcomes = await sendInstances({ ...receiver.target, calledAe: 'OTHER' }, [sampleFile('rle')])
    await receiver.stop()
    expect(outcomes).toEqual([{ state: 'refused', reason: 'association', status: 0 }])
  })

  test('a connection that is cut after the request: unknown for that image, unreachable for the next', async () => {
    const receiver = await startTestReceiver(directory)
    const cut = await cutAnswers(receiver.port)
    const files = [sampleFile('rle'), sampleFile('jpeg_ls')]
    const outcomes = await sendInstances({ ...receiver.target, port: cut.port }, files)
    cut.stop()
    await receiver.stop()
    expect(outcomes).toEqual([{ state: 'unknown' }, { state: 'unreachable' }])
  })

  test('a peer that never answers: unreachable after the time-out', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => sockets.push(socket))
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port))
    })
    const target = { host: '127.0.0.1', port, ...names, timeoutMs: 200 }
    expect(await sendInstances(target, [sampleFile('rle')])).toEqual([{ state: 'unreachable' }])
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  test('no file at all needs no connection', async () => {
    expect(await sendInstances({ host: '127.0.0.1', port: 1, ...names }, [])).toEqual([])
  })
})

describe('the sample scanner', () => {
  test('one seed repeats its patients and UIDs, another has its own', async () => {
    const [a, again, b] = await Promise.all([sampleFiles('a'), sampleFiles('a'), sampleFiles('b')])
    expect(again.map((s) => s.files.map(Buffer.from))).toEqual(a.map((s) => s.files.map(Buffer.from)))
    expect(b[0]?.studyInstanceUid).not.toBe(a[0]?.studyInstanceUid)
    expect(b[0]?.patient.patientId).not.toBe(a[0]?.patient.patientId)
  })

  test('the files say whose they are, in Latin and Chinese, with a character set that can', async () => {
    const [ct, mr] = await sampleFiles('names')
    expect(indexInstance(ct?.files[0] as Uint8Array).patient).toMatchObject({
      name: ct?.patient.name,
      patientId: ct?.patient.patientId,
      birthDate: '19570312',
    })
    expect(ct?.patient.name).toMatch(/[一-鿿]/)
    expect(mr?.files.length).toBe(20)
    expect(mr?.files.map((bytes) => indexInstance(bytes).header.bodyPart)).toEqual(Array(20).fill('HEAD'))
  })

  test('it sends both studies to a receiver', async () => {
    const receiver = await startTestReceiver(directory)
    const nothing = () => {}
    const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }
    const results = await sendSampleStudies({ ...receiver.target, seed: 's', log })
    await receiver.stop()
    expect(results).toEqual([
      { key: 'ct-chest', images: 1, stored: 1 },
      { key: 'mr-head', images: 20, stored: 20 },
    ])
    // The receiver was stopped: the empty files of coming images are gone.
    expect(readdirSync(join(directory, 'queued')).length).toBe(21)
  })
})

/** A proxy that lets requests through and cuts the connection at the first answer to a C-STORE. */
async function cutAnswers(to: number): Promise<{ readonly port: number; readonly stop: () => void }> {
  const { connect } = await import('node:net')
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    client.on('error', () => {})
    upstream.on('error', () => {})
    client.pipe(upstream)
    upstream.on('data', (chunk) => {
      if (chunk[0] === 0x04) client.destroy()
      else client.write(chunk)
    })
    client.on('close', () => upstream.destroy())
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  return { port, stop: () => server.close() }
}
