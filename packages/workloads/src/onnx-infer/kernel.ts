import type { CodedConcept } from '@bithive/api/workload'
import { sha256 } from '../bundle.ts'
import type { DecodedImage } from '../decode-image.ts'
import { workloadErrors } from '../errors.ts'

/** A float32 tensor, row-major. */
export type Tensor = { readonly dims: readonly number[]; readonly data: Float32Array }

/** An open model. One call at a time. */
export type OnnxSession = {
  readonly run: (feeds: Readonly<Record<string, Tensor>>) => Promise<Readonly<Record<string, Tensor>>>
  readonly close: () => Promise<void>
}

/** The port to an ONNX runtime. `open` must run on the CPU with one thread, so that equal nodes agree. */
export type OnnxRuntime = { readonly open: (model: Uint8Array) => Promise<OnnxSession> }

/** What was registered of a model: its hash, its input and what each output means. */
export type ModelPin = {
  readonly id: string
  readonly sha256: string
  /** Name of the one input, float32 of shape [1, 1, rows, columns], in the image's physical units. */
  readonly input: string
  /** Each output gives one number an image. */
  readonly outputs: readonly {
    readonly name: string
    readonly key: string
    readonly concept: CodedConcept
    readonly unit: CodedConcept
    readonly decimals: number
  }[]
}

export type OnnxModel = { readonly pin: ModelPin; readonly bytes: Uint8Array }

export const MODEL_LIMITS = { bytes: 512 * 1024 * 1024 } as const

/** Refuses a model whose bytes are not those that were registered. Errors: model-hash. */
export function checkModel({ pin, bytes }: OnnxModel): void {
  if (bytes.length > MODEL_LIMITS.bytes || sha256(bytes) !== pin.sha256) {
    throw workloadErrors.error('model-hash', { model: pin.id })
  }
}

/**
 * Runs a pinned model over each image in turn. Returns for each image the outputs in the order of the pin.
 * The hash is checked before the runtime sees a byte. Errors: model-hash, model-failed, and what `onImage` throws.
 */
export async function inferImages(
  runtime: OnnxRuntime,
  model: OnnxModel,
  images: readonly DecodedImage[],
  onImage: (index: number) => Promise<void>,
): Promise<readonly (readonly number[])[]> {
  checkModel(model)
  const session = await orFail(() => runtime.open(model.bytes), model.pin)
  try {
    const rows: number[][] = []
    for (const [index, image] of images.entries()) {
      await onImage(index)
      rows.push(await orFail(() => inferOne(session, model.pin, image), model.pin))
    }
    return rows
  } finally {
    await session.close()
  }
}

async function inferOne(session: OnnxSession, pin: ModelPin, image: DecodedImage): Promise<number[]> {
  const data = Float32Array.from(image.samples)
  const results = await session.run({ [pin.input]: { dims: [1, 1, image.rows, image.columns], data } })
  return pin.outputs.map(({ name }) => {
    const output = results[name]
    const value = output?.data[0]
    if (output?.data.length !== 1 || value === undefined || !Number.isFinite(value)) {
      throw workloadErrors.error('model-failed', { model: pin.id })
    }
    return value
  })
}

/** A runtime's own words may quote its input: only the code of our catalogue goes on. */
async function orFail<T>(run: () => Promise<T>, pin: ModelPin): Promise<T> {
  try {
    return await run()
  } catch {
    throw workloadErrors.error('model-failed', { model: pin.id })
  }
}
