import { bySize, clearBorderComponents, labelComponents, type Shape } from '../components.ts'
import type { Spacing } from '../morphology.ts'
import type { Kernel } from '../workload.ts'

/** A computed tomogram in whole Hounsfield units, row-major slices, with spacing in millimetres. */
export type LungVolume = {
  readonly shape: Shape
  readonly spacing: Spacing
  readonly samples: Int16Array
  /** Values that mean "no measurement here"; they take part as air and never count as lung. */
  readonly padding: { readonly low: number; readonly high: number } | undefined
}

export type Lung = {
  readonly voxels: number
  /** Mean grid position, from which the caller tells right from left. */
  readonly centre: { readonly column: number; readonly row: number }
}

export type LungDensity = {
  /** One or two lungs, the larger first; empty when none was found. */
  readonly lungs: readonly Lung[]
  /** 0 background, 1 the first lung, 2 the second. */
  readonly mask: Uint8Array
  readonly voxels: number
  readonly meanHu: number
  /** Least HU that at least 15 % of the lung's voxels do not exceed (nearest rank). */
  readonly perc15Hu: number
  /** Share of the lung's voxels strictly below -950 HU, in per cent. */
  readonly laa950Percent: number
}

/** Air and lung are below it, soft tissue above: halfway between lung (about -850) and soft tissue, as is usual. */
export const AIR_BELOW_HU = -500
export const EMPHYSEMA_BELOW_HU = -950
/** A second component smaller than this share of the first is an airway or bowel gas, not a lung. */
const SECOND_LUNG_SHARE = 0.2
/** Less than this is no lung: 4 cm2 in one image, so 4 mL and more in a stack. */
const LEAST_AREA_MM2 = 400
const LEAST_VOLUME_MM3 = 50_000

/**
 * Segments the lungs by threshold and connected components, border-touching air removed, and measures density:
 * LAA-950 (Gevenois, Am J Respir Crit Care Med 154, 1996) and Perc15 (Dirksen, Am J Respir Crit Care Med 160,
 * 1999). Pure: same volume, same figures.
 */
export function* measureLungDensity(volume: LungVolume): Kernel<LungDensity> {
  const { samples, shape } = volume
  yield { stage: 'threshold', fraction: 0 }
  const air = new Uint8Array(samples.length)
  for (let i = 0; i < samples.length; i++) air[i] = (samples[i] as number) < AIR_BELOW_HU ? 1 : 0
  yield { stage: 'outside-air', fraction: 0.2 }
  const inside = clearBorderComponents(air, shape)
  if (volume.padding !== undefined) clearPadding(inside, samples, volume.padding)
  yield { stage: 'components', fraction: 0.4 }
  const components = labelComponents(inside, shape)
  const chosen = chooseLungs(bySize(components), components.sizes, volume)
  yield { stage: 'measure', fraction: 0.8 }
  return measure(volume, components.labels, chosen)
}

function clearPadding(mask: Uint8Array, samples: Int16Array, { low, high }: { low: number; high: number }): void {
  for (let i = 0; i < mask.length; i++) {
    const value = samples[i] as number
    if (value >= low && value <= high) mask[i] = 0
  }
}

function chooseLungs(order: readonly number[], sizes: readonly number[], volume: LungVolume): readonly number[] {
  const { column, row, slice } = volume.spacing
  const voxelsOf = (label: number | undefined) => (label === undefined ? 0 : (sizes[label] as number))
  const least = volume.shape.slices === 1 ? LEAST_AREA_MM2 / (column * row) : LEAST_VOLUME_MM3 / (column * row * slice)
  const [first, second] = order
  if (first === undefined || voxelsOf(first) < least) return []
  const two = second !== undefined && voxelsOf(second) >= Math.max(least, SECOND_LUNG_SHARE * voxelsOf(first))
  return two ? [first, second] : [first]
}

function measure(volume: LungVolume, labels: Int32Array, chosen: readonly number[]): LungDensity {
  const { samples, shape } = volume
  const mask = new Uint8Array(labels.length)
  const counts = new Float64Array(65_536)
  const lungs = chosen.map(() => ({ voxels: 0, columns: 0, rows: 0 }))
  for (let i = 0; i < labels.length; i++) {
    const which = labels[i] === 0 ? -1 : chosen.indexOf(labels[i] as number)
    const lung = lungs[which]
    if (lung === undefined) continue
    mask[i] = which + 1
    const bin = (samples[i] as number) + 32_768
    counts[bin] = (counts[bin] as number) + 1
    lung.voxels++
    lung.columns += i % shape.columns
    lung.rows += Math.floor(i / shape.columns) % shape.rows
  }
  return {
    lungs: lungs.map(({ voxels, columns, rows }) => ({
      voxels,
      centre: { column: columns / voxels, row: rows / voxels },
    })),
    mask,
    ...figures(counts),
  }
}

/** Figures from the counts of each HU, bin 0 standing for -32,768; all sums are of whole numbers, hence exact. */
function figures(counts: Float64Array): Pick<LungDensity, 'voxels' | 'meanHu' | 'perc15Hu' | 'laa950Percent'> {
  let voxels = 0
  let sum = 0
  let low = 0
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin] as number
    voxels += count
    sum += count * (bin - 32_768)
    if (bin - 32_768 < EMPHYSEMA_BELOW_HU) low += count
  }
  if (voxels === 0) return { voxels, meanHu: 0, perc15Hu: 0, laa950Percent: 0 }
  // Compared times 100, in whole numbers: 0.15 has no exact binary form and would shift the rank on ties.
  let seen = 0
  let bin = -1
  while (seen * 100 < voxels * 15) seen += counts[++bin] as number
  return { voxels, meanHu: sum / voxels, perc15Hu: bin - 32_768, laa950Percent: (100 * low) / voxels }
}
