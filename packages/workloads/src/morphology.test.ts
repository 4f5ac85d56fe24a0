import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Shape } from './components.ts'
import { close, dilate, erode, type Spacing } from './morphology.ts'

/** Steps that meet the radii exactly, as well as steps that do not. */
const step = fc.constantFrom(0.5, 0.859375, 1, 1.7, 3, 7)
const anyCase = fc
  .record({
    columns: fc.integer({ min: 1, max: 7 }),
    rows: fc.integer({ min: 1, max: 7 }),
    slices: fc.integer({ min: 1, max: 4 }),
  })
  .chain((shape) => {
    const length = shape.columns * shape.rows * shape.slices
    return fc.record({
      shape: fc.constant(shape),
      spacing: fc.record({ column: step, row: step, slice: step }),
      radius: fc.constantFrom(0, 0.5, 1, 2, 3, 5, 6),
      mask: fc.uint8Array({ min: 0, max: 1, minLength: length, maxLength: length }),
    })
  })

/** The obvious twin: measures every pair of voxels. */
function withinTwin(mask: Uint8Array, value: number, shape: Shape, spacing: Spacing, radius: number): number[] {
  const place = (index: number) => [
    (index % shape.columns) * spacing.column,
    (Math.floor(index / shape.columns) % shape.rows) * spacing.row,
    Math.floor(index / (shape.columns * shape.rows)) * spacing.slice,
  ]
  return Array.from(mask, (_, i) => {
    const here = place(i)
    const near = mask.some((voxel, j) => {
      const there = place(j)
      const distance = Math.hypot(...here.map((mm, axis) => mm - (there[axis] as number)))
      return voxel === value && distance <= radius + 1e-6
    })
    return near ? 1 : 0
  })
}

describe('morphology by a ball in millimetres', () => {
  test('dilation takes every voxel within the radius of the mask, and no other', () => {
    fc.assert(
      fc.property(anyCase, ({ mask, shape, spacing, radius }) => {
        expect([...dilate(mask, shape, spacing, radius)]).toEqual(withinTwin(mask, 1, shape, spacing, radius))
      }),
      { numRuns: 300 },
    )
  })

  test('erosion keeps every voxel farther than the radius from the outside, and no other', () => {
    fc.assert(
      fc.property(anyCase, ({ mask, shape, spacing, radius }) => {
        const twin = withinTwin(mask, 0, shape, spacing, radius).map((near) => 1 - near)
        expect([...erode(mask, shape, spacing, radius)]).toEqual(twin)
      }),
      { numRuns: 300 },
    )
  })

  test('closing loses no voxel, and closing twice changes nothing', () => {
    fc.assert(
      fc.property(anyCase, ({ mask, shape, spacing, radius }) => {
        const once = close(mask, shape, spacing, radius)
        expect(mask.every((voxel, i) => voxel <= (once[i] as number))).toBe(true)
        expect([...close(once, shape, spacing, radius)]).toEqual([...once])
      }),
      { numRuns: 200 },
    )
  })
})
