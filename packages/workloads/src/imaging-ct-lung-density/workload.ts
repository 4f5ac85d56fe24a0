import type { CodedConcept, Measurement, Segment } from '@bithive/api/workload'
import { OWN, SCT, UCUM } from '../concepts.ts'
import { workloadErrors } from '../errors.ts'
import { encodeRuns } from '../run-lengths.ts'
import { type SeriesRule, type Stack, stackSeries } from '../stack-series.ts'
import { decodeInput, drive, rounded, type Workload } from '../workload.ts'
import { lungDensityCard } from './card.ts'
import { AIR_BELOW_HU, EMPHYSEMA_BELOW_HU, type LungDensity, measureLungDensity } from './kernel.ts'

const RULE: SeriesRule = {
  modalities: lungDensityCard.modalities,
  bodyParts: ['CHEST', 'THORAX', 'LUNG', 'CHESTABDOMEN', 'CHESTABDPELVIS'],
  needsRescale: true,
  minSlices: 1,
}

type NamedLung = {
  readonly number: number
  readonly mark: number
  readonly voxels: number
  readonly type: CodedConcept
}

/** Right first. A single component is named by no side: it may be one lung or both joined. */
function nameLungs(stack: Stack, { lungs }: LungDensity): readonly NamedLung[] {
  const placed = lungs.map((lung, index) => ({
    mark: index + 1,
    voxels: lung.voxels,
    left: stack.leftOf(lung.centre.column, lung.centre.row),
  }))
  placed.sort((a, b) => a.left - b.left)
  const types = placed.length === 2 ? [SCT.rightLung, SCT.leftLung] : [SCT.lung]
  return placed.map(({ mark, voxels }, index) => ({
    number: index + 1,
    mark,
    voxels,
    type: types[index] as CodedConcept,
  }))
}

function segmentOf(stack: Stack, mask: Uint8Array, lung: NamedLung): Segment {
  const { rows, columns } = stack.shape
  const plane = rows * columns
  const frames = stack.images.flatMap(({ sopInstanceUid }, slice) => {
    const own = mask.subarray(slice * plane, (slice + 1) * plane).map((mark) => (mark === lung.mark ? 1 : 0))
    return own.includes(1) ? [{ sopInstanceUid, runs: encodeRuns(own) }] : []
  })
  const { number, type } = lung
  return { number, label: type.meaning, category: SCT.anatomicalStructure, type, rows, columns, frames }
}

/** Area of one image, volume of a stack: a volume from one slice would be a guess. */
function extent(stack: Stack, key: string, voxels: number, segment?: number): Measurement {
  const { column, row, slice } = stack.spacing
  const own = segment === undefined ? {} : { segment }
  return stack.shape.slices === 1
    ? {
        key: `${key}-area`,
        concept: SCT.area,
        value: rounded((voxels * column * row) / 100, 2),
        unit: UCUM.squareCentimetre,
        ...own,
      }
    : {
        key: `${key}-volume`,
        concept: SCT.volume,
        value: rounded((voxels * column * row * slice) / 1000, 2),
        unit: UCUM.millilitre,
        ...own,
      }
}

function measurementsOf(stack: Stack, found: LungDensity, lungs: readonly NamedLung[]): Measurement[] {
  const sides = lungs.length === 2 ? ['right-lung', 'left-lung'] : []
  return [
    { key: 'laa-950', concept: OWN.laa950, value: rounded(found.laa950Percent, 2), unit: UCUM.percent },
    { key: 'perc15', concept: OWN.perc15, value: found.perc15Hu, unit: UCUM.hounsfield },
    { key: 'mean-density', concept: OWN.meanLungDensity, value: rounded(found.meanHu, 1), unit: UCUM.hounsfield },
    extent(stack, 'lungs', found.voxels, lungs.length === 1 ? 1 : undefined),
    ...sides.map((key, index) => extent(stack, key, (lungs[index] as NamedLung).voxels, index + 1)),
  ]
}

/** Whole Hounsfield units; scanners store them so, and rescales with fractions are rounded to the nearest. */
function wholeHu(samples: Int16Array | Float32Array): Int16Array {
  if (samples instanceof Int16Array) return samples
  const out = new Int16Array(samples.length)
  for (let i = 0; i < out.length; i++) out[i] = Math.max(-32_768, Math.min(32_767, Math.round(samples[i] as number)))
  return out
}

/** Lung density of one axial chest CT series. Errors: those of the input; nothing-found. */
export const lungDensity: Workload = {
  card: lungDensityCard,
  run: async ({ bundle }, onProgress, signal) => {
    const { images, inputSha256 } = await decodeInput(bundle, onProgress, signal)
    const stack = stackSeries(images, RULE)
    const { shape, spacing, padding } = stack
    const kernel = measureLungDensity({ shape, spacing, padding, samples: wholeHu(stack.samples) })
    const found = await drive(kernel, onProgress, signal)
    if (found.lungs.length === 0) throw workloadErrors.error('nothing-found')
    onProgress('report', 0.95)
    const lungs = nameLungs(stack, found)
    return {
      workload: lungDensityCard.id,
      version: lungDensityCard.version,
      inputSha256,
      studyInstanceUid: stack.studyInstanceUid,
      seriesInstanceUid: stack.seriesInstanceUid,
      measurements: measurementsOf(stack, found, lungs),
      segments: lungs.map((lung) => segmentOf(stack, found.mask, lung)),
      facts: {
        slices: shape.slices,
        'lung-voxels': found.voxels,
        'air-below-hu': AIR_BELOW_HU,
        'emphysema-below-hu': EMPHYSEMA_BELOW_HU,
        'slice-distance-mm': rounded(spacing.slice, 3),
      },
    }
  },
}
