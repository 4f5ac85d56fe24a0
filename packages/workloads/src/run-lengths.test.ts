import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRuns, encodeRuns } from './run-lengths.ts'

describe('run lengths', () => {
  test('give the mask back, start with background and add up to its length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 0, max: 1, maxLength: 80 }), (mask) => {
        const runs = encodeRuns(mask)
        expect(decodeRuns(runs, mask.length)).toEqual(mask)
        expect(runs.reduce((sum, run) => sum + run, 0)).toBe(mask.length)
        expect(runs.slice(1).every((run) => run > 0)).toBe(true)
      }),
    )
  })

  test('of a mask that starts with a one begin with an empty run of background', () => {
    expect(encodeRuns(Uint8Array.of(1, 1, 0))).toEqual([0, 2, 1])
  })

  test('that do not fit the image are refused', () => {
    expect(decodeRuns([1, 2], 4)).toBeUndefined()
    expect(decodeRuns([3, 2], 4)).toBeUndefined()
    expect(decodeRuns([5, -1], 4)).toBeUndefined()
    expect(decodeRuns([0.5, 3.5], 4)).toBeUndefined()
  })
})
