import { SCT, UCUM } from '../concepts.ts'
import { workloadErrors } from '../errors.ts'
import { encodeRuns } from '../run-lengths.ts'
import { type SeriesRule, stackSeries } from '../stack-series.ts'
import { decodeInput, drive, rounded, type Workload } from '../workload.ts'
import { brainVolumeCard } from './card.ts'
import { CLOSE_MM, ERODE_MM, extractBrain } from './kernel.ts'

const RULE: SeriesRule = {
  modalities: brainVolumeCard.modalities,
  bodyParts: ['HEAD', 'BRAIN', 'SKULL', 'HEADNECK'],
  needsRescale: false,
  minSlices: 10,
}

/** Outside these bounds the extraction has failed; they are wide, from an infant's brain to a large adult head. */
const PLAUSIBLE_ML = { least: 200, most: 2500 }

/** Brain volume of one axial head MR series. Errors: those of the input; nothing-found. */
export const brainVolume: Workload = {
  card: brainVolumeCard,
  run: async ({ bundle }, onProgress, signal) => {
    const { images, inputSha256 } = await decodeInput(bundle, onProgress, signal)
    const stack = stackSeries(images, RULE)
    const { shape, spacing, samples } = stack
    const found = await drive(extractBrain({ shape, spacing, samples }), onProgress, signal)
    if (found.millilitres < PLAUSIBLE_ML.least || found.millilitres > PLAUSIBLE_ML.most) {
      throw workloadErrors.error('nothing-found')
    }
    onProgress('report', 0.95)
    const { rows, columns } = shape
    const plane = rows * columns
    const frames = stack.images.flatMap(({ sopInstanceUid }, slice) => {
      const own = found.mask.subarray(slice * plane, (slice + 1) * plane)
      return own.includes(1) ? [{ sopInstanceUid, runs: encodeRuns(own) }] : []
    })
    const type = SCT.brain
    return {
      workload: brainVolumeCard.id,
      version: brainVolumeCard.version,
      inputSha256,
      studyInstanceUid: stack.studyInstanceUid,
      seriesInstanceUid: stack.seriesInstanceUid,
      measurements: [
        {
          key: 'brain-volume',
          concept: SCT.volume,
          value: rounded(found.millilitres, 1),
          unit: UCUM.millilitre,
          segment: 1,
        },
      ],
      segments: [{ number: 1, label: type.meaning, category: SCT.anatomicalStructure, type, rows, columns, frames }],
      facts: {
        slices: shape.slices,
        'brain-voxels': found.voxels,
        threshold: rounded(found.threshold, 3),
        'erode-mm': ERODE_MM,
        'close-mm': CLOSE_MM,
        'slice-distance-mm': rounded(spacing.slice, 3),
      },
    }
  },
}
