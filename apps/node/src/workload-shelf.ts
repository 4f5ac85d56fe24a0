import type { WorkloadCard } from '@bithive/api/workload'
import type { Progress } from './sandbox.ts'

/** One workload that this agent carries, as agent and sandbox see it. */
export type ShelvedWorkload = {
  readonly id: string
  readonly version: string
  /** SHA-256, hex, recomputed from the workload's own files when it was asked for. */
  readonly digest: string
  readonly needs: WorkloadCard['needs']
  /** @returns a WorkloadResult, which the caller checks. Throws an error with a code of the workload's catalogue. */
  readonly run: (bundle: Uint8Array, onProgress: Progress, signal: AbortSignal) => Promise<unknown>
}

/** Where workloads come from: the bundled ones in the product, small ones of their own in tests. */
export type WorkloadShelf = {
  readonly list: () => Promise<readonly ShelvedWorkload[]>
  readonly find: (id: string, version: string) => Promise<ShelvedWorkload | undefined>
}
