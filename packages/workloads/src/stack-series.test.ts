import { isDomainError } from '@bithive/kernel/errors'
import { describe, expect, test } from 'vitest'
import type { DecodedImage } from './decode-image.ts'
import { type SeriesRule, stackSeries } from './stack-series.ts'

const rule: SeriesRule = { modalities: ['CT'], bodyParts: ['CHEST'], needsRescale: true, minSlices: 2 }

function image(z: number, change: Partial<DecodedImage> = {}): DecodedImage {
  return {
    sopInstanceUid: `2.25.${1000 + z}`,
    seriesInstanceUid: '2.25.1',
    studyInstanceUid: '2.25.2',
    modality: 'CT',
    imageType: ['ORIGINAL', 'PRIMARY'],
    bodyPart: 'CHEST',
    rows: 1,
    columns: 2,
    pixelSpacingMm: [0.5, 0.7],
    sliceThicknessMm: 3,
    positionMm: [-10, -20, z],
    orientation: [1, 0, 0, 0, 1, 0],
    hasRescale: true,
    padding: undefined,
    samples: Int16Array.of(z, z + 1),
    ...change,
  }
}

const codeOf = (images: readonly DecodedImage[], change: Partial<SeriesRule> = {}) => {
  try {
    stackSeries(images, { ...rule, ...change })
    return 'stacked'
  } catch (error) {
    return isDomainError(error) ? error.code : `not typed: ${String(error)}`
  }
}

describe('a series', () => {
  test('is sorted along its normal, with the slice distance of its positions and not its thickness', () => {
    const stack = stackSeries([image(20), image(0), image(10)], rule)
    expect(stack.images.map(({ positionMm }) => positionMm?.[2])).toEqual([0, 10, 20])
    expect([...stack.samples]).toEqual([0, 1, 10, 11, 20, 21])
    expect(stack.spacing).toEqual({ column: 0.7, row: 0.5, slice: 10 })
    expect(stack.shape).toEqual({ columns: 2, rows: 1, slices: 3 })
  })

  test('that is tilted is measured along its normal', () => {
    const orientation = [1, 0, 0, 0, 0.8, 0.6] as const
    const tilted = (n: number) => image(n, { orientation, positionMm: [0, -3 * n, 4 * n] })
    expect(stackSeries([tilted(0), tilted(1)], { ...rule }).spacing.slice).toBeCloseTo(5, 9)
    expect(codeOf([tilted(0), tilted(1)])).toBe('stacked')
  })

  test("knows the patient's left from the orientation, whichever way the images lie", () => {
    const face = stackSeries([image(0), image(5)], rule)
    expect(face.leftOf(1, 0)).toBeCloseTo(-9.3, 9)
    const mirrored = { orientation: [-1, 0, 0, 0, 1, 0] as const }
    expect(stackSeries([image(0, mirrored), image(5, mirrored)], rule).leftOf(1, 0)).toBeCloseTo(-10.7, 9)
  })

  test('keeps fractions when one of its images has them', () => {
    const stack = stackSeries([image(0), image(5, { samples: Float32Array.of(0.5, 1.5) })], rule)
    expect(stack.samples).toEqual(Float32Array.of(0, 1, 0.5, 1.5))
  })

  test('of one image takes its thickness, or 1 mm', () => {
    expect(stackSeries([image(0)], { ...rule, minSlices: 1 }).spacing.slice).toBe(3)
    const bare = image(0, { sliceThicknessMm: undefined })
    expect(stackSeries([bare], { ...rule, minSlices: 1 }).spacing.slice).toBe(1)
  })

  test('that states no body part is let through', () => {
    expect(codeOf([image(0, { bodyPart: undefined }), image(5, { bodyPart: '' })])).toBe('stacked')
  })
})

describe('images that a workload cannot use are refused:', () => {
  const second = (change: Partial<DecodedImage>) => [image(0), image(5, change)]
  const cases: readonly [string, readonly DecodedImage[], string][] = [
    ['none', [], 'too-few-slices'],
    ['fewer slices than it needs', [image(0)], 'too-few-slices'],
    ['another modality', second({ modality: 'MR' }), 'wrong-modality'],
    ['a scout', second({ imageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] }), 'scout'],
    ['another body part', second({ bodyPart: 'KNEE' }), 'wrong-body-part'],
    ['no rescale', second({ hasRescale: false }), 'no-rescale'],
    ['no pixel spacing', second({ pixelSpacingMm: undefined }), 'no-geometry'],
    ['no position', second({ positionMm: undefined }), 'no-geometry'],
    ['an orientation that is none', [0, 5].map((z) => image(z, { orientation: [1, 0, 0, 1, 0, 0] })), 'no-geometry'],
    ['coronal images', [0, 5].map((z) => image(z, { orientation: [1, 0, 0, 0, 0, -1] })), 'not-axial'],
    ['two series', second({ seriesInstanceUid: '2.25.9' }), 'mixed-series'],
    ['two sizes', second({ rows: 2, columns: 1 }), 'mixed-series'],
    ['two spacings', second({ pixelSpacingMm: [0.5, 0.71] }), 'mixed-series'],
    ['two orientations', second({ orientation: [1, 0, 0, 0, 0.99, 0.141] }), 'mixed-series'],
    ['the same place twice', second({ positionMm: [-10, -20, 0] }), 'uneven-slices'],
    ['a missing slice', [0, 5, 10, 20].map((z) => image(z)), 'uneven-slices'],
  ]
  test.each(cases)('%s', (_, images, key) => {
    expect(codeOf(images)).toBe(`workloads.${key}`)
  })

  test('more voxels than the limit', () => {
    const large = [0, 5].map((z) => image(z, { rows: 100_000, columns: 1000 }))
    expect(codeOf(large)).toBe('workloads.image-too-large')
  })
})
