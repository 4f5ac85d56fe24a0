import type { Shape } from './components.ts'

/** Distances between the centres of neighbouring voxels along each axis, in millimetres. */
export type Spacing = { readonly column: number; readonly row: number; readonly slice: number }

const FAR = Number.POSITIVE_INFINITY

/** Rounding of the sums stays far below this, a voxel's step far above: voxels at the radius count as within. */
const TIE_MM2 = 1e-9

type Axis = { readonly stride: number; readonly count: number; readonly step: number }

/**
 * Lowers each value of the field to the least of `value(j) + (distance to j)^2` along one axis, looking no
 * further than the radius. One pass an axis gives squared Euclidean distances, because a ball's mask is a sum of
 * squares; bounded by the radius it costs less than the unbounded lower envelope at the radii used here.
 */
function relaxAlong(field: Float64Array, axis: Axis, starts: Iterable<number>, radiusMm: number): void {
  const { stride, count, step } = axis
  const reach = Math.min(count - 1, Math.floor(radiusMm / step + TIE_MM2))
  if (reach === 0) return
  const line = new Float64Array(count + 2 * reach).fill(FAR)
  const costs = Float64Array.from({ length: 2 * reach + 1 }, (_, k) => ((k - reach) * step) ** 2)
  for (const start of starts) {
    let near = false
    for (let i = 0, at = start; i < count; i++, at += stride) {
      const value = field[at] as number
      line[reach + i] = value
      if (value !== FAR) near = true
    }
    if (!near) continue
    for (let i = 0, at = start; i < count; i++, at += stride) {
      let least = FAR
      for (let k = 0; k < costs.length; k++) {
        const value = (line[i + k] as number) + (costs[k] as number)
        if (value < least) least = value
      }
      field[at] = least
    }
  }
}

function* lineStarts(shape: Shape, axis: 'column' | 'row' | 'slice'): Generator<number> {
  const { columns, rows, slices } = shape
  const plane = columns * rows
  if (axis === 'column') for (let i = 0; i < rows * slices; i++) yield i * columns
  if (axis === 'slice') for (let i = 0; i < plane; i++) yield i
  if (axis !== 'row') return
  for (let slice = 0; slice < slices; slice++) for (let i = 0; i < columns; i++) yield slice * plane + i
}

/** 1 where the centre of a voxel with `value` lies within the radius, else 0. */
function within(mask: Uint8Array, value: 0 | 1, shape: Shape, spacing: Spacing, radiusMm: number): Uint8Array {
  const field = new Float64Array(mask.length)
  for (let i = 0; i < mask.length; i++) field[i] = mask[i] === value ? 0 : FAR
  const { columns, rows, slices } = shape
  const along = (axis: 'column' | 'row' | 'slice', stride: number, count: number) =>
    relaxAlong(field, { stride, count, step: spacing[axis] }, lineStarts(shape, axis), radiusMm)
  along('column', 1, columns)
  along('row', columns, rows)
  along('slice', columns * rows, slices)
  const limit = radiusMm * radiusMm + TIE_MM2
  const out = new Uint8Array(mask.length)
  for (let i = 0; i < out.length; i++) out[i] = (field[i] as number) <= limit ? 1 : 0
  return out
}

/** Voxels whose centre lies within `radiusMm` of a voxel of the mask: a ball in millimetres, whatever the spacing. */
export function dilate(mask: Uint8Array, shape: Shape, spacing: Spacing, radiusMm: number): Uint8Array {
  return within(mask, 1, shape, spacing, radiusMm)
}

/** Voxels of the mask with no voxel outside it within `radiusMm`; what lies beyond the stack counts as inside. */
export function erode(mask: Uint8Array, shape: Shape, spacing: Spacing, radiusMm: number): Uint8Array {
  const out = within(mask, 0, shape, spacing, radiusMm)
  for (let i = 0; i < out.length; i++) out[i] = out[i] === 1 ? 0 : 1
  return out
}

/** Dilation, then erosion: closes gaps up to twice the radius wide. */
export function close(mask: Uint8Array, shape: Shape, spacing: Spacing, radiusMm: number): Uint8Array {
  return erode(dilate(mask, shape, spacing, radiusMm), shape, spacing, radiusMm)
}
