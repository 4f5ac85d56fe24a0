import { DomainError } from '@bithive/kernel/errors'
import type { Live, LiveTopic } from '@bithive/kernel/live'
import type { Worker } from '@bithive/kernel/worker'
import type { CallHubDeps } from './call-hub.ts'

/** What of the hub's news concerns the pages of a hospital; everything else they hear of from the site itself. */
const FOLLOWED: readonly LiveTopic[] = ['jobs', 'nodes', 'ledger', 'treasury']
const FIRST_PAUSE_MS = 500
const MAX_PAUSE_MS = 30_000
/** The hub says something at least this often; a line that is silent for longer hangs. */
const SILENCE_MS = 45_000
const MAX_LINE = 4_096

export type FollowEventsDeps = CallHubDeps & { readonly live: Pick<Live, 'publish'>; readonly orgId: string }

/** Reads an event stream line by line; an endless line is no stream of ours. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE) throw new Error('line too long')
    yield* lines
  }
}

/** Passes topics of the hub's events on to this site's open pages: hospital staff are no subscribers of the hub. */
export function followEvents(deps: FollowEventsDeps): Worker {
  const { clock, live, orgId } = deps
  const doFetch = deps.fetch ?? fetch
  const log = deps.log.child({ worker: 'network.follow-events' })

  const take = (event: string, data: string) => {
    // After `hello` a change may have been missed, so every page looks again.
    if (event === 'hello') for (const topic of FOLLOWED) live.publish(orgId, { topic })
    if (event !== 'changed') return
    const { topic } = JSON.parse(data) as { topic?: unknown }
    const known = FOLLOWED.find((one) => one === topic)
    if (known) live.publish(orgId, { topic: known })
  }

  const readOnce = async (signal: AbortSignal) => {
    const silent = new AbortController()
    let heardAt = clock.now()
    const watch = async () => {
      while (!silent.signal.aborted) {
        await clock.sleep(SILENCE_MS, silent.signal).catch(() => {})
        if (clock.now() - heardAt >= SILENCE_MS) silent.abort()
      }
    }
    const watching = watch()
    try {
      const response = await doFetch(`${deps.hub.url}/hub/v1/events`, {
        headers: { authorization: `Bearer ${await deps.hub.token()}`, accept: 'text/event-stream' },
        redirect: 'error',
        signal: AbortSignal.any([signal, silent.signal]),
      })
      if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
      let event = ''
      for await (const line of linesOf(response.body as unknown as AsyncIterable<Uint8Array>)) {
        heardAt = clock.now()
        if (line.startsWith('event: ')) event = line.slice(7).trim()
        else if (line.startsWith('data: ')) take(event, line.slice(6))
      }
    } finally {
      silent.abort()
      await watching
    }
  }

  return {
    name: 'network.follow-events',
    run: async (signal) => {
      let failures = 0
      while (!signal.aborted) {
        const openedAt = clock.now()
        try {
          await readOnce(signal)
          failures = 0
        } catch (error) {
          if (signal.aborted) return
          // A stream that stood for a while was no failure of the connection.
          failures = clock.now() - openedAt > MAX_PAUSE_MS ? 1 : failures + 1
          const code = error instanceof DomainError ? error.code : ((error as Error)?.name ?? 'unexpected')
          log.debug({ code, failures }, "the hub's events could not be followed, it will be tried again")
        }
        const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 8))
        await clock.sleep(pause, signal).catch(() => {})
      }
    },
  }
}
