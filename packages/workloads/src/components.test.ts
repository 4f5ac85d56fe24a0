import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bySize, clearBorderComponents, labelComponents, type Shape } from './components.ts'

/** A random small stack of zeros and ones. */
const anyMask = fc
  .record({
    columns: fc.integer({ min: 1, max: 7 }),
    rows: fc.integer({ min: 1, max: 7 }),
    slices: fc.integer({ min: 1, max: 4 }),
  })
  .chain((shape) => {
    const length = shape.columns * shape.rows * shape.slices
    return fc.record({
      shape: fc.constant(shape),
      mask: fc.uint8Array({ min: 0, max: 1, minLength: length, maxLength: length }),
    })
  })

/** Places that share a face with this one, inside the stack; in the plane only when told. */
function neighbours(index: number, { columns, rows, slices }: Shape, inPlane = false): number[] {
  const column = index % columns
  const row = Math.floor(index / columns) % rows
  const slice = Math.floor(index / (columns * rows))
  const out: number[] = []
  if (column > 0) out.push(index - 1)
  if (column < columns - 1) out.push(index + 1)
  if (row > 0) out.push(index - columns)
  if (row < rows - 1) out.push(index + columns)
  if (!inPlane && slice > 0) out.push(index - columns * rows)
  if (!inPlane && slice < slices - 1) out.push(index + columns * rows)
  return out
}

/** The obvious twin: floods from each voxel not yet reached. */
function floodLabels(mask: Uint8Array, shape: Shape): number[] {
  const labels = Array.from(mask, () => 0)
  let label = 0
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || labels[start] !== 0) continue
    label++
    const waiting = [start]
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (mask[index] === 0 || labels[index] !== 0) continue
      labels[index] = label
      waiting.push(...neighbours(index, shape))
    }
  }
  return labels
}

describe('connected components', () => {
  test('are those that flooding finds, labelled in scan order, with their sizes', () => {
    fc.assert(
      fc.property(anyMask, ({ mask, shape }) => {
        const found = labelComponents(mask, shape)
        const twin = floodLabels(mask, shape)
        expect([...found.labels]).toEqual(twin)
        const sizes = Array.from({ length: Math.max(0, ...twin) + 1 }, (_, n) => twin.filter((l) => l === n).length)
        expect(found.sizes).toEqual([0, ...sizes.slice(1)])
      }),
      { numRuns: 300 },
    )
  })

  test('come largest first, equal ones in scan order', () => {
    expect(bySize({ labels: new Int32Array(), sizes: [0, 2, 5, 2, 5] })).toEqual([2, 4, 1, 3])
  })

  test('that touch the border of their slice are cleared, slice by slice, as flooding from the border would', () => {
    fc.assert(
      fc.property(anyMask, ({ mask, shape }) => {
        const twin = mask.slice()
        for (let pass = 0; pass < mask.length; pass++) {
          for (let i = 0; i < mask.length; i++) {
            const around = neighbours(i, shape, true)
            const outside = around.length < 4 || around.some((n) => mask[n] === 1 && twin[n] === 0)
            if (mask[i] === 1 && outside) twin[i] = 0
          }
        }
        expect([...clearBorderComponents(mask, shape)]).toEqual([...twin])
      }),
      { numRuns: 200 },
    )
  })
})
