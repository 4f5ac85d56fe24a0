import { type BundledWorkload, bundledWorkloads, digestOf } from '@bithive/workloads'
import { loadOnnxRuntime } from './onnx-session.ts'
import type { ShelvedWorkload, WorkloadShelf } from './workload-shelf.ts'

function shelve(workload: BundledWorkload): ShelvedWorkload {
  const { card } = workload
  return {
    id: card.id,
    version: card.version,
    digest: digestOf(card.id),
    needs: card.needs,
    run: async (bundle, onProgress, signal) => {
      const runtime = card.needs.runtime === 'onnx' ? { session: await loadOnnxRuntime() } : {}
      return workload.run({ bundle, ...runtime }, onProgress, signal)
    },
  }
}

/** Workloads of the product whose files still have the digest that was pinned for them; an altered one is left out. */
export const bundledShelf: WorkloadShelf = {
  list: async () =>
    bundledWorkloads
      .map((workload) => ({ workload, shelved: shelve(workload) }))
      .filter(({ workload, shelved }) => workload.digest === shelved.digest)
      .map(({ shelved }) => shelved),
  find: async (id, version) => {
    const workload = bundledWorkloads.find(({ card }) => card.id === id && card.version === version)
    return workload ? shelve(workload) : undefined
  },
}
