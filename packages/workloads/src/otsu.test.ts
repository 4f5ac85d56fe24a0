import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { otsuThreshold } from './otsu.ts'

const BINS = 256

/** Variance between the classes that a threshold makes, from Otsu's definition on the binned values. */
function between(bins: readonly number[], cut: number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const dark = bins.filter((bin) => bin < cut)
  const bright = bins.filter((bin) => bin >= cut)
  if (dark.length === 0 || bright.length === 0) return -1
  return dark.length * bright.length * (mean(dark) - mean(bright)) ** 2
}

describe("Otsu's threshold", () => {
  test('is where no other cut parts the samples better', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -500, max: 3000 }), { minLength: 2, maxLength: 60 }), (samples) => {
        const least = Math.min(...samples)
        const width = (Math.max(...samples) - least) / BINS
        fc.pre(width > 0)
        const bins = samples.map((value) => Math.min(BINS - 1, Math.floor((value - least) / width)))
        const found = ((otsuThreshold(samples) as number) - least) / width
        const best = Math.max(...Array.from({ length: BINS }, (_, cut) => between(bins, cut)))
        expect(between(bins, found)).toBeGreaterThanOrEqual(best * (1 - 1e-9))
      }),
      { numRuns: 200 },
    )
  })

  test('lies between two clear classes, in the middle of the empty range', () => {
    const samples = [...Array(70).fill(0), ...Array(30).fill(256)]
    expect(otsuThreshold(samples)).toBe(128)
  })

  test('does not exist for samples that are all the same', () => {
    expect(otsuThreshold([5, 5, 5])).toBeUndefined()
    expect(otsuThreshold([])).toBeUndefined()
  })
})
