import { isDomainError } from '@bithive/kernel/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundaryOf, type MultipartLimits, readParts } from './multipart.ts'

const LIMITS: MultipartLimits = { maxPartBytes: 10_000, maxBytes: 100_000, maxParts: 20 }

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function body(boundary: string, parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`)
  return Buffer.concat([
    ...parts.flatMap((part, index) => [...(index > 0 ? [Buffer.from('\r\n')] : []), head, part]),
    Buffer.from(`\r\n--${boundary}--`),
  ])
}

async function collect(bytes: Uint8Array, size: number, limits = LIMITS): Promise<Buffer[]> {
  const found: Buffer[] = []
  for await (const part of readParts(inChunks(bytes, size), 'BOUND', limits)) found.push(Buffer.from(part.body))
  return found
}

async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act
    return 'none'
  } catch (error) {
    if (isDomainError(error)) return error.code
    throw error
  }
}

describe('multipart bodies', () => {
  test('any parts come out as they went in, however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 500 }),
        async (parts, size) => {
          expect(await collect(body('BOUND', parts), size)).toEqual(parts.map(Buffer.from))
        },
      ),
      { numRuns: 100 },
    )
  })

  test('a body without its end, or without a boundary, is refused', async () => {
    const whole = body('BOUND', [Buffer.from('abc'), Buffer.from('def')])
    expect(await codeOf(collect(whole.subarray(0, -10), 7))).toBe('imaging.bad-multipart')
    expect(await codeOf(collect(Buffer.from('no boundary'), 7))).toBe('imaging.bad-multipart')
    expect(await codeOf(collect(Buffer.alloc(0), 7))).toBe('imaging.bad-multipart')
  })

  test('a part, a body and a number of parts over the limit are refused while they are read', async () => {
    const large = body('BOUND', [Buffer.alloc(20_000)])
    expect(await codeOf(collect(large, 1000))).toBe('imaging.too-large')
    const many = body('BOUND', Array(25).fill(Buffer.from('x')))
    expect(await codeOf(collect(many, 1000))).toBe('imaging.too-large')
    const parts = body('BOUND', Array(15).fill(Buffer.alloc(9_000)))
    expect(await codeOf(collect(parts, 1000))).toBe('imaging.too-large')
  })

  test('the boundary is taken from the header, and other media types are refused', async () => {
    expect(boundaryOf('multipart/related; type="application/dicom"; boundary=abc')).toBe('abc')
    expect(boundaryOf('multipart/related;boundary="a b=c"; type=application/dicom')).toBe('a b=c')
    const refused = [
      'application/dicom',
      'multipart/form-data; boundary=abc',
      '',
      'multipart/related; type="application/dicom+json"; boundary=x',
    ]
    for (const type of refused) expect(await codeOf((async () => boundaryOf(type))())).toBe('imaging.media-type')
    expect(await codeOf((async () => boundaryOf('multipart/related'))())).toBe('imaging.bad-multipart')
  })
})
