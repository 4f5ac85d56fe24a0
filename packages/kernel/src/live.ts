import type { Clock } from './clock.ts'
import { defineErrors } from './errors.ts'

/**
 * What an open page may be told has changed. An event carries a topic, never content: the page asks for what it
 * may see. The id stays in this process, because not everybody of an organisation may know which patient, order or
 * proposal it is.
 */
export type LiveTopic =
  | 'jobs'
  | 'nodes'
  | 'ledger'
  | 'orders'
  | 'studies'
  | 'reports'
  | 'consents'
  | 'members'
  | 'treasury'
  | 'health'

export type LiveChange = { readonly topic: LiveTopic; readonly id?: string }

export type Live = {
  /** Tells the pages of one organisation that something changed; `'*'` tells every organisation. */
  readonly publish: (orgId: string, change: LiveChange) => void
  /**
   * A response body of server-sent events (HTML standard, section 9.2) until `signal` or the reader ends it. It opens
   * with `hello`, upon which the page reads everything anew, so a change between two connections is never missed.
   * @param actorId whose pages they are: one person takes no more than some of the organisation's streams
   * @throws live.too-many-streams
   */
  readonly stream: (orgId: string, signal: AbortSignal, actorId?: string) => ReadableStream<Uint8Array>
  /** Ends every stream: a server stops only when its last answer has. */
  readonly close: () => void
}

export const liveErrors = defineErrors('live', {
  'too-many-streams': {
    status: 429,
    retryable: true,
    zh: { title: '打开的页面太多', notDone: '没有开启实时更新。', todo: '请关闭一些页面后重试。' },
    en: {
      title: 'Too many pages are open',
      notDone: 'Live updates were not switched on.',
      todo: 'Close some pages, then try again.',
    },
  },
})

const HEARTBEAT_MS = 15_000
/** A stream ends after this; the page opens it anew, and whether it still may is asked again. */
const MAX_STREAM_MS = 600_000
const MAX_STREAMS = 5_000
const MAX_STREAMS_PER_ORGANISATION = 500
const MAX_STREAMS_PER_PERSON = 32
/** Events a reader may leave unread; beyond it he is told to read everything anew, and the events are dropped. */
const MAX_UNREAD = 64

const encoder = new TextEncoder()
const event = (name: string, data: object) => encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)

type Reader = { readonly tell: (change: LiveChange) => void; readonly end: () => void }

/** Changes of one process. Another hub's changes reach a page at its next heartbeat, which says «look again». */
export function createLive(deps: { readonly clock: Clock }): Live {
  const readers = new Map<string, Set<Reader>>()
  const persons = new Map<string, number>()
  let count = 0

  const stream = (orgId: string, signal: AbortSignal, actorId = '') => {
    const open = persons.get(actorId) ?? 0
    if (actorId !== '' && open >= MAX_STREAMS_PER_PERSON) throw liveErrors.error('too-many-streams')
    const own = readers.get(orgId) ?? new Set<Reader>()
    if (count >= MAX_STREAMS || own.size >= MAX_STREAMS_PER_ORGANISATION) throw liveErrors.error('too-many-streams')
    readers.set(orgId, own)
    count += 1
    persons.set(actorId, open + 1)
    const stopped = new AbortController()
    let ended = false
    let controller: ReadableStreamDefaultController<Uint8Array>
    const push = (bytes: Uint8Array) => {
      if (!ended) controller.enqueue(bytes)
    }
    const reader: Reader = {
      tell: ({ topic }) => {
        const unread = MAX_UNREAD - (controller.desiredSize ?? 0)
        if (unread < MAX_UNREAD) push(event('changed', { topic }))
        else if (unread === MAX_UNREAD) push(event('hello', { at: deps.clock.now() }))
      },
      end: () => {
        if (ended) return
        ended = true
        stopped.abort()
        own.delete(reader)
        count -= 1
        const left = (persons.get(actorId) ?? 1) - 1
        if (left > 0) persons.set(actorId, left)
        else persons.delete(actorId)
        if (own.size === 0 && readers.get(orgId) === own) readers.delete(orgId)
        signal.removeEventListener('abort', reader.end)
        try {
          controller.close()
        } catch {
          // The reader went first: then it is closed already.
        }
      },
    }
    const openedAt = deps.clock.now()
    const beat = async () => {
      while (!ended) {
        await deps.clock.sleep(HEARTBEAT_MS, stopped.signal).catch(() => {})
        if (deps.clock.now() - openedAt >= MAX_STREAM_MS) reader.end()
        else if (!ended && (controller.desiredSize ?? 0) > 0) push(event('beat', { at: deps.clock.now() }))
      }
    }
    return new ReadableStream<Uint8Array>(
      {
        start: (opened) => {
          controller = opened
          own.add(reader)
          signal.addEventListener('abort', reader.end)
          push(encoder.encode('retry: 2000\n\n'))
          push(event('hello', { at: deps.clock.now() }))
          void beat()
        },
        cancel: reader.end,
      },
      { highWaterMark: MAX_UNREAD },
    )
  }

  return {
    publish: (orgId, change) => {
      const told = orgId === '*' ? [...readers.values()] : [readers.get(orgId) ?? []]
      for (const set of told) for (const reader of [...set]) reader.tell(change)
    },
    stream,
    close: () => {
      for (const set of [...readers.values()]) for (const reader of [...set]) reader.end()
    },
  }
}
