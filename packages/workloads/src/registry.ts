import { type WorkloadCard, WorkloadResult } from '@bithive/api/workload'
import { checkDigest, pinnedDigestOf } from './digest.ts'
import { workloadErrors } from './errors.ts'
import { lungDensity } from './imaging-ct-lung-density/workload.ts'
import { brainVolume } from './imaging-mr-brain-volume/workload.ts'
import { onnxInfer } from './onnx-infer/workload.ts'
import type { OnProgress, Workload, WorkloadInput } from './workload.ts'

/** A workload that ships with the product, under the digest that was pinned for its sources. */
export type BundledWorkload = {
  readonly card: WorkloadCard
  readonly digest: string
  /**
   * Computes on one input bundle. Reports stages with the share done; stops between two stages when `signal` is
   * aborted. Same input, same result. Errors: the catalogue of this package.
   */
  readonly run: (input: WorkloadInput, onProgress: OnProgress, signal: AbortSignal) => Promise<WorkloadResult>
}

function bundled(workload: Workload): BundledWorkload {
  return {
    card: workload.card,
    digest: pinnedDigestOf(workload.card.id),
    run: async (input, onProgress, signal) => {
      const result = WorkloadResult.parse(await workload.run(input, onProgress, signal))
      if (signal.aborted) throw workloadErrors.error('cancelled')
      onProgress('done', 1)
      return result
    },
  }
}

export const bundledWorkloads: readonly BundledWorkload[] = [lungDensity, brainVolume, onnxInfer].map(bundled)

/** The bundled workload of this id. Errors: unknown-workload. */
export function findWorkload(id: string): BundledWorkload {
  const found = bundledWorkloads.find((workload) => workload.card.id === id)
  if (found === undefined) throw workloadErrors.error('unknown-workload')
  return found
}

/** Recomputes the digest of every bundled workload from the disk. Call it at node start. Errors: altered. */
export function checkBundledWorkloads(): void {
  for (const { card } of bundledWorkloads) checkDigest(card.id)
}
