import type { QueryClient } from '@tanstack/react-query'
import { callHeaders, problemOf, type Service } from './call.ts'
import { after, learnServerTime, now, pause } from './now.ts'
import { connection, setConnection } from './online.ts'
import { LIVE_TOPICS } from './queries.ts'
import { readEvents, type ServerEvent } from './read-events.ts'

/** The server beats every 15 s; when nothing was heard for so long, the line is dead although nobody said so. */
const SILENCE_MS = 40_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

export type LiveClientDeps = {
  readonly queries: QueryClient
  readonly service: Service
  readonly fetch?: typeof fetch
  /** Asked when the session has ended: true once the person is signed in again. */
  readonly onSignedOut: (service: Service) => Promise<boolean>
  /** Spreads pages that lost the same server: 0 up to 1. */
  readonly spread?: () => number
}

const topicOf = (key: readonly unknown[]) => (typeof key[0] === 'string' ? key[0] : '')
const isTopic = (topic: string) => (LIVE_TOPICS as readonly string[]).includes(topic)

/**
 * Hears what changed from one service and marks what the page holds of it as old. `hello` marks everything as old, so
 * nothing that changed between two connections is missed. @returns ends it.
 */
export function startLiveClient(deps: LiveClientDeps): () => void {
  const stopped = new AbortController()
  const refresh = (fits: (topic: string) => boolean) =>
    void deps.queries.invalidateQueries({ predicate: ({ queryKey }) => fits(topicOf(queryKey)) })

  const take = ({ name, data }: ServerEvent) => {
    setConnection({ state: 'open', heardAt: now(), tries: 0 })
    const said: unknown = data
    if (typeof said !== 'object' || said === null) return
    if ('at' in said && typeof said.at === 'number') learnServerTime(said.at)
    if (name === 'hello') refresh(isTopic)
    if (name === 'changed' && 'topic' in said) refresh((topic) => topic === said.topic)
  }

  /** One connection, until it ends or falls silent. @returns false when the person must not be asked again. */
  const listen = async (): Promise<boolean> => {
    const path = `/${deps.service}/v1/events`
    const quiet = new AbortController()
    const signal = AbortSignal.any([stopped.signal, quiet.signal])
    let calm = after(SILENCE_MS, () => quiet.abort())
    try {
      const headers = { ...callHeaders(path), accept: 'text/event-stream' }
      const answer = await (deps.fetch ?? fetch)(path, { headers, signal, credentials: 'same-origin' })
      if (answer.status === 401) return await deps.onSignedOut(deps.service)
      if (!answer.ok || !answer.body) throw await problemOf(answer)
      for await (const event of readEvents(answer.body)) {
        calm()
        calm = after(SILENCE_MS, () => quiet.abort())
        take(event)
      }
      return true
    } finally {
      calm()
      quiet.abort()
    }
  }

  const run = async () => {
    let failures = 0
    while (!stopped.signal.aborted) {
      const began = now()
      const asked = await listen().catch(() => undefined)
      if (stopped.signal.aborted) return
      const skip = new AbortController()
      const tryNow = () => skip.abort()
      if (asked === false) {
        // Nobody signed in again: asking by itself would put the same dialog before them for ever.
        setConnection({ state: 'lost', tries: 0, tryNow })
        await pause(Number.POSITIVE_INFINITY, AbortSignal.any([stopped.signal, skip.signal]))
        continue
      }
      // A server ends a stream after ten minutes so that the right to it is asked anew; that is no loss.
      if (asked === true && now() - began > SILENCE_MS) {
        failures = 0
        continue
      }
      failures = now() - began > SILENCE_MS ? 1 : failures + 1
      // The first failure may be a hiccup: it is tried again before anybody is told.
      if (failures > 1) setConnection({ state: 'lost', tries: failures - 1, tryNow })
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
      const wait = longest * (0.7 + 0.3 * (deps.spread?.() ?? 1))
      await pause(failures === 1 ? FIRST_PAUSE_MS / 2 : wait, AbortSignal.any([stopped.signal, skip.signal]))
    }
  }

  const onOnline = () => connection().tryNow()
  window.addEventListener('online', onOnline)
  void run()
  return () => {
    window.removeEventListener('online', onOnline)
    stopped.abort()
    setConnection({ state: 'starting', tries: 0 })
  }
}
