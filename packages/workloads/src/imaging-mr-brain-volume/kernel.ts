import { bySize, clearBorderComponents, labelComponents, type Shape } from '../components.ts'
import { close, dilate, erode, type Spacing } from '../morphology.ts'
import { otsuThreshold } from '../otsu.ts'
import type { Kernel } from '../workload.ts'

/** A magnetic resonance stack of the head, row-major slices, with spacing in millimetres. */
export type HeadVolume = {
  readonly shape: Shape
  readonly spacing: Spacing
  readonly samples: Int16Array | Float32Array
}

export type BrainVolume = {
  readonly mask: Uint8Array
  readonly voxels: number
  readonly millilitres: number
  /** Signal that parts tissue from background, fluid-poor bone and air. */
  readonly threshold: number
}

/** Cuts what ties the brain to orbits, skin and muscle; closes sulci and vessels. Both chosen on one series. */
export const ERODE_MM = 6
export const CLOSE_MM = 5
/** A part of the next slice belongs to the brain when at least this share of it lies on the brain so far. */
const OVERLAP = 0.5

/**
 * Extracts the brain, ventricles included, from a head series: Otsu's threshold, erosion, the largest component of
 * any slice grown slice by slice, dilation, closing, holes filled. Growing by slice in place of one component in
 * space keeps neck and orbits out where slices are thick. Pure: same volume, same mask.
 */
export function* extractBrain(volume: HeadVolume): Kernel<BrainVolume> {
  const { samples, shape, spacing } = volume
  yield { stage: 'threshold', fraction: 0 }
  const threshold = otsuThreshold(samples)
  const mask = new Uint8Array(samples.length)
  if (threshold === undefined) return { mask, voxels: 0, millilitres: 0, threshold: 0 }
  for (let i = 0; i < mask.length; i++) mask[i] = (samples[i] as number) >= threshold ? 1 : 0
  yield { stage: 'erode', fraction: 0.1 }
  const eroded = erode(mask, shape, spacing, ERODE_MM)
  yield { stage: 'grow', fraction: 0.35 }
  const core = growBySlice(eroded, shape, spacing)
  yield { stage: 'dilate', fraction: 0.55 }
  const opened = dilate(core, shape, spacing, ERODE_MM)
  for (let i = 0; i < mask.length; i++) opened[i] = (opened[i] as number) & (mask[i] as number)
  yield { stage: 'close', fraction: 0.75 }
  const brain = fillHoles(close(opened, shape, spacing, CLOSE_MM), shape)
  const voxels = brain.reduce((sum, voxel) => sum + voxel, 0)
  const millilitres = (voxels * spacing.column * spacing.row * spacing.slice) / 1000
  return { mask: brain, voxels, millilitres, threshold }
}

/** Background that cannot be reached from the border of its slice becomes brain (ventricles, vessels). */
function fillHoles(mask: Uint8Array, shape: Shape): Uint8Array {
  const background = mask.map((voxel) => 1 - voxel)
  const holes = clearBorderComponents(background, shape)
  return mask.map((voxel, i) => voxel | (holes[i] as number))
}

/**
 * Starts from the largest component of any slice and goes up and down from it. In each next slice it keeps the
 * components of which at least half lies on the slice before, cut to where the outline may have moved: no more
 * sideways than the distance between the slices.
 */
export function growBySlice(mask: Uint8Array, shape: Shape, spacing: Spacing): Uint8Array {
  const plane: Shape = { ...shape, slices: 1 }
  const size = shape.columns * shape.rows
  const slices = Array.from({ length: shape.slices }, (_, z) =>
    labelComponents(mask.subarray(z * size, (z + 1) * size), plane),
  )
  const out = new Uint8Array(mask.length)
  const seed = { slice: -1, label: 0, voxels: 0 }
  for (const [slice, components] of slices.entries()) {
    const label = bySize(components)[0] ?? 0
    const voxels = components.sizes[label] as number
    if (voxels > seed.voxels) Object.assign(seed, { slice, label, voxels })
  }
  if (seed.slice < 0) return out
  const labels = (slices[seed.slice] as { labels: Int32Array }).labels
  for (let i = 0; i < size; i++) if (labels[i] === seed.label) out[seed.slice * size + i] = 1
  for (const step of [1, -1]) {
    for (let z = seed.slice + step; z >= 0 && z < shape.slices; z += step) {
      const before = out.subarray((z - step) * size, (z - step + 1) * size)
      const reach = dilate(before, plane, spacing, spacing.slice)
      const { labels, sizes } = slices[z] as ReturnType<typeof labelComponents>
      const kept = keptLabels(labels, sizes, before)
      for (let i = 0; i < size; i++) out[z * size + i] = kept.has(labels[i] as number) ? (reach[i] as number) : 0
    }
  }
  return out
}

function keptLabels(labels: Int32Array, sizes: readonly number[], before: Uint8Array): ReadonlySet<number> {
  const shared = sizes.map(() => 0)
  for (let i = 0; i < labels.length; i++) {
    if (before[i] === 1) shared[labels[i] as number] = (shared[labels[i] as number] as number) + 1
  }
  const kept = new Set<number>()
  for (let label = 1; label < sizes.length; label++) {
    if ((shared[label] as number) >= OVERLAP * (sizes[label] as number)) kept.add(label)
  }
  return kept
}
