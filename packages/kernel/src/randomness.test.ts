import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeededRandomness, systemRandomness } from './randomness.ts'

describe('seeded randomness', () => {
  test('is splitmix64: the first words of seed 1234567 are those of the published generator', () => {
    const bytes = createSeededRandomness(1_234_567n).bytes(40)
    const view = new DataView(bytes.buffer)
    expect(Array.from({ length: 5 }, (_, i) => view.getBigUint64(i * 8, true))).toEqual([
      6_457_827_717_110_365_317n,
      3_203_168_211_198_807_973n,
      9_817_491_932_198_370_423n,
      4_593_380_528_125_082_431n,
      16_408_922_859_458_223_821n,
    ])
  })

  test('gives the asked number of bytes, the same for the same seed and others for another', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }), fc.integer({ min: 0, max: 100 }), (seed, length) => {
        const bytes = createSeededRandomness(seed).bytes(length)
        expect(bytes).toHaveLength(length)
        expect(createSeededRandomness(seed).bytes(length)).toEqual(bytes)
        if (length >= 8) expect(createSeededRandomness(seed + 1n).bytes(length)).not.toEqual(bytes)
      }),
    )
  })

  test('goes on where it was: two draws are not the same bytes', () => {
    const randomness = createSeededRandomness(7n)
    expect(randomness.bytes(16)).not.toEqual(randomness.bytes(16))
  })
})

test('system randomness does not repeat', () => {
  const drawn = new Set(Array.from({ length: 1_000 }, () => Buffer.from(systemRandomness.bytes(16)).toString('hex')))
  expect(drawn.size).toBe(1_000)
  expect(systemRandomness.bytes(32)).toHaveLength(32)
})
