import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createManualClock } from './clock.ts'
import { createIds, deterministicUuid, sha256Hex } from './ids.ts'
import { createSeededRandomness, systemRandomness } from './randomness.ts'

const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const idsAt = (now: number, seed = 1n) =>
  createIds({ clock: createManualClock(now), randomness: createSeededRandomness(seed) })

describe('ids', () => {
  test('sort by time, in the text and in the UUID', () => {
    fc.assert(
      fc.property(instant, instant, fc.bigInt({ min: 0n, max: 99n }), (a, b, seed) => {
        fc.pre(a < b)
        const [early, late] = [idsAt(a, seed), idsAt(b, seed + 1n)]
        return early.next('job') < late.next('job') && early.uuid() < late.uuid()
      }),
    )
  })

  test('carry their prefix and 26 characters that nobody confuses', () => {
    const id = idsAt(1_760_000_000_000).next('job')
    expect(id).toMatch(/^job_[0-7][0-9a-hjkmnp-tv-z]{25}$/)
  })

  test('keep all 128 bits: time first, then ten random bytes', () => {
    const ones = { bytes: (length: number) => new Uint8Array(length).fill(0xff) }
    const zeros = { bytes: (length: number) => new Uint8Array(length) }
    const at = (now: number, randomness: typeof ones) => createIds({ clock: createManualClock(now), randomness })
    expect(at(2 ** 48 - 1, ones).next('x')).toBe(`x_7${'z'.repeat(25)}`)
    expect(at(0, zeros).next('x')).toBe(`x_${'0'.repeat(26)}`)
    expect(at(1, zeros).next('x')).toBe(`x_0000000001${'0'.repeat(16)}`)
  })

  test('of the same instant differ', () => {
    const ids = createIds({ clock: createManualClock(5), randomness: systemRandomness })
    expect(new Set(Array.from({ length: 10_000 }, () => ids.next('a'))).size).toBe(10_000)
    expect(new Set(Array.from({ length: 10_000 }, ids.uuid)).size).toBe(10_000)
  })

  test('as UUIDs are version 7 of RFC 9562 and hold the time', () => {
    fc.assert(
      fc.property(instant, (now) => {
        const uuid = idsAt(now).uuid()
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(Number.parseInt(uuid.replace('-', '').slice(0, 12), 16)).toBe(now)
      }),
    )
  })
})

describe('a deterministic UUID', () => {
  test('is the same for the same parts, of version 8, and stays what it was: transfers are named by it', () => {
    expect(deterministicUuid('compute', 'job_1', 'hold')).toBe(deterministicUuid('compute', 'job_1', 'hold'))
    expect(deterministicUuid('compute', 'job_1', 'hold')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab]/)
    expect(deterministicUuid('compute', 'job_1', 'hold')).toBe('5bca3af9-a6e1-8490-b374-3067ada658b5')
  })

  test('differs when the same letters are cut into other parts', () => {
    const parts = fc.array(fc.string({ maxLength: 6 }), { maxLength: 4 })
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        return (deterministicUuid(...a) === deterministicUuid(...b)) === same
      }),
    )
    expect(deterministicUuid('ab', 'c')).not.toBe(deterministicUuid('a', 'bc'))
    expect(deterministicUuid('a', '')).not.toBe(deterministicUuid('a'))
  })
})

test('sha256Hex is SHA-256 (FIPS 180-4, the example «abc»)', () => {
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(sha256Hex('abc')).toBe(digest)
  expect(sha256Hex(new TextEncoder().encode('abc'))).toBe(digest)
})
