import { describe, expect, test } from 'vitest'
import { encodeInstance } from '../encode-data-set.ts'
import { readElements } from '../read-elements.ts'
import { RLE_LOSSLESS } from '../transfer-syntax.ts'
import { decodePixels } from './decode-pixels.ts'
import { frameBytes } from './frame-bytes.ts'
import { type PixelLayout, pixelLayout } from './pixel-layout.ts'
import { drawFrame } from './render-picture.ts'

const item = (bytes: Buffer) => {
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0])
  head.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([head, bytes])
}

/** An image whose pixels lie in items, as compressed ones do; what it states of its size is as given. */
function compressed(items: readonly Buffer[], stated: Partial<PixelLayout>) {
  const plain = readElements(
    encodeInstance({
      ...{ SOPClassUID: '1.2.840.10008.5.1.4.1.1.7', SOPInstanceUID: '2.25.11', Modality: 'OT' },
      ...{ StudyInstanceUID: '2.25.12', SeriesInstanceUID: '2.25.13', PatientID: 'MADE', PatientName: 'Made^Up' },
      ...{ SamplesPerPixel: 1, PhotometricInterpretation: 'MONOCHROME2', Rows: 4, Columns: 4, BitsAllocated: 8 },
      ...{ BitsStored: 8, HighBit: 7, PixelRepresentation: 0, PixelData: new Uint8Array(16) },
    } as Parameters<typeof encodeInstance>[0]),
  )
  const body = Buffer.concat(items)
  const elements = plain.elements.map((one) =>
    one.tag === 0x7fe00010 ? { ...one, undefinedLength: true, valueStart: 0, valueEnd: body.length } : one,
  )
  const file = { ...plain, body, elements, syntax: { ...plain.syntax, uid: RLE_LOSSLESS, encapsulated: true } }
  return { file, layout: { ...pixelLayout(plain), ...stated } }
}

describe('a small file that states a giant frame', () => {
  test('is refused before anything is decoded or drawn', async () => {
    const { file, layout } = compressed([item(Buffer.alloc(0)), item(Buffer.alloc(64))], {
      rows: 65_535,
      columns: 65_535,
    })
    const refusal = { code: 'imaging.not-renderable', facts: { reason: 'too-many-pixels' } }
    await expect(decodePixels(file, layout, 0)).rejects.toMatchObject(refusal)
    expect(() => drawFrame(file, layout, new Uint8Array(1))).toThrow(expect.objectContaining({ code: refusal.code }))
  })
})

describe('a table of many frames', () => {
  test('is read in one pass: the last of two hundred thousand is found at once', () => {
    const frames = 200_000
    const table = Buffer.alloc(4 * frames)
    for (let at = 0; at < frames; at++) table.writeUInt32LE(at * 8, at * 4)
    const last = Buffer.from([1, 2])
    const empty = item(Buffer.alloc(0))
    const items = [item(table), ...Array.from({ length: frames - 1 }, () => empty), item(last)]
    const { file, layout } = compressed(items, { frames })
    const startedAt = performance.now()
    expect([...frameBytes(file, layout, frames - 1)]).toEqual([1, 2])
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})
