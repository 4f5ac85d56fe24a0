import { setImmediate as turn } from 'node:timers/promises'
import type { WorkloadCard, WorkloadResult } from '@bithive/api/workload'
import { readBundle } from './bundle.ts'
import { type DecodedImage, decodeImage } from './decode-image.ts'
import { workloadErrors } from './errors.ts'
import type { OnnxModel, OnnxRuntime } from './onnx-infer/kernel.ts'

export type WorkloadInput = {
  /** Plain input bundle, see `writeBundle`. */
  readonly bundle: Uint8Array
  /** ONNX runtime of the node, when it has one. */
  readonly session?: OnnxRuntime
  /** Model to run instead of the bundled one, with its pin. */
  readonly model?: OnnxModel
}

/** Called at each stage with the share of the whole run that is done, 0 to 1, never falling. */
export type OnProgress = (stage: string, fraction: number) => void

export type Workload = {
  readonly card: WorkloadCard
  readonly run: (input: WorkloadInput, onProgress: OnProgress, signal: AbortSignal) => Promise<WorkloadResult>
}

/** A stage that a kernel has come to, and the share of the kernel's own work done before it. */
export type Stage = { readonly stage: string; readonly fraction: number }

/** A pure kernel: yields its stages, returns its figures. Nothing happens between two stages that could be seen. */
export type Kernel<T> = Generator<Stage, T, void>

/** Lets waiting events in, then stops when one of them cancelled the run. */
async function breathe(signal: AbortSignal): Promise<void> {
  await turn()
  if (signal.aborted) throw workloadErrors.error('cancelled')
}

/** Where the kernel's work begins within the whole run; reading and decoding come before, writing after. */
const KERNEL_FROM = 0.4
const KERNEL_TO = 0.95

/** Drives a kernel to its end. Cancellation takes effect between two stages. Errors: the kernel's own, cancelled. */
export async function drive<T>(kernel: Kernel<T>, onProgress: OnProgress, signal: AbortSignal): Promise<T> {
  for (;;) {
    const step = kernel.next()
    if (step.done) return step.value
    onProgress(step.value.stage, KERNEL_FROM + (KERNEL_TO - KERNEL_FROM) * step.value.fraction)
    await breathe(signal)
  }
}

export type DecodedInput = { readonly images: readonly DecodedImage[]; readonly inputSha256: string }

/**
 * Opens a bundle and decodes its images in order. Each must be the one that its name says.
 * Errors: those of `readBundle` and `decodeImage`; bundle-name, cancelled.
 */
export async function decodeInput(
  bundle: Uint8Array,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<DecodedInput> {
  if (signal.aborted) throw workloadErrors.error('cancelled')
  onProgress('read', 0)
  const { files, sha256 } = readBundle(bundle)
  const images: DecodedImage[] = []
  for (const [index, file] of files.entries()) {
    onProgress('decode', (KERNEL_FROM * index) / files.length)
    await breathe(signal)
    const image = await decodeImage(file.bytes)
    if (`${image.sopInstanceUid}.dcm` !== file.name) throw workloadErrors.error('bundle-name', { position: index })
    images.push(image)
  }
  return { images, inputSha256: sha256 }
}

/** Rounds a figure to the decimals that are reported, so that the last bits of a sum never reach a result. */
export function rounded(value: number, decimals: number): number {
  const scale = 10 ** decimals
  return Math.round(value * scale) / scale
}
