import { AsyncLocalStorage } from 'node:async_hooks'

/** Which request an act belongs to, wherever in the program it is asked: the audit writes it beside the act. */
export type RequestContext = {
  readonly run: <T>(requestId: string, act: () => T) => T
  /** Undefined for what a worker or the start does. */
  readonly requestId: () => string | undefined
}

/** One for each app; its HTTP and its audit share it. */
export function createRequestContext(): RequestContext {
  const storage = new AsyncLocalStorage<string>()
  return { run: (requestId, act) => storage.run(requestId, act), requestId: () => storage.getStore() }
}
