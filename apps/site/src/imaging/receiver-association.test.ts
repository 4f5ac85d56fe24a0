import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { indexInstance } from './dicom-index.ts'
import { startTestReceiver, type TestReceiver } from './dicom-peers.ts'
import { sampleFiles } from './sample-scanner.ts'
import { EXPLICIT_LE } from './transfer-syntax.ts'
import { encodeElement } from './write-elements.ts'

let directory: string
let receiver: TestReceiver

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bithive-association-'))
  receiver = await startTestReceiver(directory)
})
afterEach(async () => {
  await receiver.stop()
  rmSync(directory, { recursive: true, force: true })
})

const VERIFICATION = '1.2.840.10008.1.1'
const IMPLICIT = { explicit: false, littleEndian: true }

const item = (type: number, body: Uint8Array) => {
  const out = Buffer.alloc(4)
  out[0] = type
  out.writeUInt16BE(body.length, 2)
  return Buffer.concat([out, body])
}

const pdu = (type: number, body: Uint8Array) => {
  const out = Buffer.alloc(6)
  out[0] = type
  out.writeUInt32BE(body.length, 2)
  return Buffer.concat([out, body])
}

/** A-ASSOCIATE-RQ (PS3.8 section 9.3.2) with one presentation context, number 1. */
function associationRequest(callingAe: string, abstractSyntax: string): Buffer {
  const context = Buffer.concat([
    Buffer.from([1, 0, 0, 0]),
    item(0x30, Buffer.from(abstractSyntax)),
    item(0x40, Buffer.from(EXPLICIT_LE)),
  ])
  const maxLength = item(0x51, Buffer.from([0, 0, 0x40, 0]))
  return pdu(
    1,
    Buffer.concat([
      Buffer.from([0, 1, 0, 0]),
      Buffer.from('BITHIVE'.padEnd(16) + callingAe.padEnd(16)),
      Buffer.alloc(32),
      item(0x10, Buffer.from('1.2.840.10008.3.1.1.1')),
      item(0x20, context),
      item(0x50, Buffer.concat([maxLength, item(0x52, Buffer.from('1.2.3.4'))])),
    ]),
  )
}

/** P-DATA-TF with one value; bit 0 of `control` marks a command, bit 1 the last piece. */
const dataPdu = (control: number, bytes: Uint8Array) => {
  const head = Buffer.from([0, 0, 0, 0, 1, control])
  head.writeUInt32BE(bytes.length + 2)
  return pdu(4, Buffer.concat([head, bytes]))
}

const number16 = (value: number) => Buffer.from([value & 0xff, value >>> 8])

/** C-STORE-RQ (PS3.7 section 9.3.1.1) and its data set over presentation context 1. */
function storeRequest(file: Uint8Array): Buffer {
  const { header, file: read } = indexInstance(file)
  const command = Buffer.concat([
    encodeElement(IMPLICIT, 0x00000002, 'UI', Buffer.from(header.sopClassUid)),
    encodeElement(IMPLICIT, 0x00000100, 'US', number16(1)),
    encodeElement(IMPLICIT, 0x00000110, 'US', number16(1)),
    encodeElement(IMPLICIT, 0x00000700, 'US', number16(0)),
    encodeElement(IMPLICIT, 0x00000800, 'US', number16(1)),
    encodeElement(IMPLICIT, 0x00001000, 'UI', Buffer.from(header.sopInstanceUid)),
  ])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(command.length)
  const group = encodeElement(IMPLICIT, 0x00000000, 'UL', length)
  const dataSet = file.subarray(read.metaEnd)
  const pieces = Array.from({ length: Math.ceil(dataSet.length / 16_000) }, (_, i) =>
    dataSet.subarray(i * 16_000, (i + 1) * 16_000),
  )
  return Buffer.concat([
    dataPdu(3, Buffer.concat([group, command])),
    ...pieces.map((piece, i) => dataPdu(i === pieces.length - 1 ? 2 : 0, piece)),
  ])
}

/**
 * Sends `first`, and `then` once the first answer has come; resolves with the types of the PDUs that came back, when
 * the receiver has closed the connection or has answered `then`.
 */
function talk(first: Uint8Array, then?: Uint8Array): Promise<number[]> {
  return new Promise((resolve) => {
    const types: number[] = []
    const socket = connect(receiver.port, '127.0.0.1', () => socket.write(first))
    socket.on('data', (bytes) => {
      types.push(bytes[0] as number)
      if (types.length === 1 && then) socket.write(then)
      else if (then) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(types))
  })
}

const kept = () =>
  ['queued', 'quarantine'].flatMap((folder) =>
    readdirSync(join(directory, folder)).filter((name) => statSync(join(directory, folder, name)).size > 0),
  )

async function ctSlice(): Promise<{ bytes: Uint8Array; sopClassUid: string }> {
  const [study] = await sampleFiles('association')
  const bytes = study?.files[0] as Uint8Array
  return { bytes, sopClassUid: indexInstance(bytes).header.sopClassUid }
}

const REJECTED = 0x03
const ACCEPTED = 0x02
const P_DATA = 0x04

test('a scanner on the list stores: what the other tests send is whole', async () => {
  const { bytes, sopClassUid } = await ctSlice()
  expect(await talk(associationRequest('SCANNER', sopClassUid), storeRequest(bytes))).toEqual([ACCEPTED, P_DATA])
  expect(kept()).toHaveLength(1)
})

test('a stranger who was rejected and sends an image all the same leaves nothing', async () => {
  const { bytes, sopClassUid } = await ctSlice()
  const request = associationRequest('NOBODY', sopClassUid)
  expect(await talk(request, storeRequest(bytes))).toEqual([REJECTED])
  await talk(Buffer.concat([request, storeRequest(bytes)]))
  await talk(storeRequest(bytes))
  // A later image of a known scanner is stored behind whatever the stranger sent.
  await talk(associationRequest('SCANNER', sopClassUid), storeRequest(bytes))
  expect(kept()).toHaveLength(1)
})

test('an image over a context that was agreed for something else is refused', async () => {
  const { bytes } = await ctSlice()
  expect(await talk(associationRequest('SCANNER', VERIFICATION), storeRequest(bytes))).toEqual([ACCEPTED, P_DATA])
  expect(kept()).toEqual([])
})
