import { setImmediate as turn } from 'node:timers/promises'
import type { DecodedImage } from '../decode-image.ts'
import { workloadErrors } from '../errors.ts'
import { admitImage, type SeriesRule } from '../stack-series.ts'
import { decodeInput, rounded, type Workload } from '../workload.ts'
import { onnxInferCard } from './card.ts'
import { inferImages } from './kernel.ts'
import { sharpnessModel } from './sharpness-model.ts'

const RULE: SeriesRule = {
  modalities: onnxInferCard.modalities,
  bodyParts: undefined,
  needsRescale: false,
  minSlices: 1,
}

function admitSeries(images: readonly DecodedImage[]): DecodedImage {
  const [first] = images
  if (first === undefined) throw workloadErrors.error('too-few-slices', { slices: 0 })
  for (const image of images) admitImage(image, RULE)
  if (images.some((image) => image.seriesInstanceUid !== first.seriesInstanceUid)) {
    throw workloadErrors.error('mixed-series')
  }
  return first
}

/**
 * Mean over the images of each output of a pinned model.
 * Errors: those of the input; no-runtime, model-hash, model-failed.
 */
export const onnxInfer: Workload = {
  card: onnxInferCard,
  run: async ({ bundle, session, model = sharpnessModel() }, onProgress, signal) => {
    if (session === undefined) throw workloadErrors.error('no-runtime')
    const { images, inputSha256 } = await decodeInput(bundle, onProgress, signal)
    const first = admitSeries(images)
    const onImage = async (index: number) => {
      onProgress('infer', 0.4 + (0.55 * index) / images.length)
      await turn()
      if (signal.aborted) throw workloadErrors.error('cancelled')
    }
    const results = await inferImages(session, model, images, onImage)
    onProgress('report', 0.95)
    const { pin } = model
    return {
      workload: onnxInferCard.id,
      version: onnxInferCard.version,
      inputSha256,
      studyInstanceUid: first.studyInstanceUid,
      seriesInstanceUid: first.seriesInstanceUid,
      measurements: pin.outputs.map(({ key, concept, unit, decimals }, place) => {
        const sum = results.reduce((total, values) => total + (values[place] as number), 0)
        return { key, concept, value: rounded(sum / results.length, decimals), unit }
      }),
      segments: [],
      facts: { images: images.length, model: pin.id, 'model-sha256': pin.sha256 },
    }
  },
}
