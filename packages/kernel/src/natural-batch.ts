import { defineErrors } from './errors.ts'

export const batchErrors = defineErrors('batch', {
  full: {
    status: 503,
    retryable: true,
    zh: { title: '系统正忙', notDone: '这次请求没有被处理。', todo: '请稍后再试。' },
    en: { title: 'The system is busy', notDone: 'This request was not carried out.', todo: 'Try again in a moment.' },
  },
})

export type NaturalBatchOptions<In, Out> = {
  readonly maxBatch: number
  /** Beyond this many waiting items a caller is refused instead of queued. */
  readonly maxWaiting: number
  /** Carries out all items or none; answers one result an item, in order. */
  readonly apply: (items: readonly In[]) => Promise<readonly Out[]>
  /** True for a failure that one bad item may have caused: the batch is then tried one by one. */
  readonly mayIsolate: (error: unknown) => boolean
}

type Waiting<In, Out> = {
  readonly item: In
  readonly resolve: (result: Out) => void
  readonly reject: (error: unknown) => void
}

/**
 * Natural batching: one call is in flight, and what arrives meanwhile forms the next batch. A lone caller waits
 * for nobody, and a crowd shares one commit.
 */
export function createNaturalBatch<In, Out>(options: NaturalBatchOptions<In, Out>): (item: In) => Promise<Out> {
  const waiting: Waiting<In, Out>[] = []
  let flying = false
  const flushOne = async (one: Waiting<In, Out>) => {
    try {
      one.resolve((await options.apply([one.item]))[0] as Out)
    } catch (error) {
      one.reject(error)
    }
  }
  const flush = async (batch: readonly Waiting<In, Out>[]) => {
    try {
      const results = await options.apply(batch.map((one) => one.item))
      batch.forEach((one, index) => {
        one.resolve(results[index] as Out)
      })
    } catch (error) {
      if (batch.length > 1 && options.mayIsolate(error)) {
        for (const one of batch) await flushOne(one)
        return
      }
      for (const one of batch) one.reject(error)
    }
  }
  const pump = async () => {
    if (flying) return
    flying = true
    while (waiting.length > 0) await flush(waiting.splice(0, options.maxBatch))
    flying = false
  }
  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= options.maxWaiting) return reject(batchErrors.error('full'))
      waiting.push({ item, resolve, reject })
      void pump()
    })
}

/** A failure that PostgreSQL itself reported rolled the whole batch back; a lost connection leaves it unknown. */
export function isServerError(error: unknown): boolean {
  return typeof (error as { severity?: unknown } | null)?.severity === 'string'
}
