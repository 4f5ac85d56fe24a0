import { canonicalJson, type Json } from './canonical-json.ts'
import type { Clock } from './clock.ts'
import type { Database } from './database.ts'
import { DomainError, defineErrors } from './errors.ts'
import type { Ids } from './ids.ts'
import type { Log } from './log.ts'
import { createNaturalBatch, isServerError } from './natural-batch.ts'

export type NewIntent = {
  readonly room: string
  readonly kind: string
  readonly orgId: string
  /** The caller's own name for the act; with room and kind it is unique, so the same act is written once. */
  readonly reference: string
  readonly payload: Json
}

export type Intent = NewIntent & {
  readonly id: string
  readonly createdAtMs: number
  /** How often a worker has taken it up so far. */
  readonly attempts: number
}

/** `undefined` from a handler means: not settled yet, ask again later. */
export type IntentHandler = (intent: Intent, signal: AbortSignal) => Promise<Json | undefined>

export type DriveOptions = {
  /** Younger intents belong to the use case that is still at work on them. */
  readonly olderThanMs?: number
  readonly leaseMs?: number
  readonly batch?: number
  /** How long to rest when nothing is due. */
  readonly idleMs?: number
}

export type Intents = {
  /**
   * Writes an intent once. `created` is false when it was there already with the same payload; `outcome` then says
   * how it ended, if it has. Durable when it resolves. @throws intents.conflict, intents.too-large, batch.full
   */
  readonly write: (intent: NewIntent) => Promise<{ id: string; created: boolean; outcome?: Json }>
  /** Writes the outcome; false when one was written before, which then stands. */
  readonly settle: (id: string, outcome: Json) => Promise<boolean>
  /** Open intents of a room, oldest first. */
  readonly pending: (room: string, olderThanMs: number, limit: number) => Promise<Intent[]>
  /** Takes up what is due once, under a lease; returns how many were settled and how many were taken up. */
  readonly driveOnce: (
    room: string,
    handler: IntentHandler,
    signal: AbortSignal,
    options?: DriveOptions,
  ) => Promise<{ taken: number; settled: number }>
  /** Takes up what was left until the signal aborts. Handlers must be safe to run twice: a lease may be lost. */
  readonly drive: (room: string, handler: IntentHandler, signal: AbortSignal, options?: DriveOptions) => Promise<void>
}

export const intentErrors = defineErrors('intents', {
  conflict: {
    status: 409,
    retryable: false,
    zh: { title: '同一编号已用于另一个请求', notDone: '这次请求没有执行。', todo: '请为新的请求使用新的编号。' },
    en: {
      title: 'This reference already stands for another request',
      notDone: 'This request was not carried out.',
      todo: 'Use a new reference for a new request.',
    },
  },
  'too-large': {
    status: 413,
    retryable: false,
    zh: { title: '请求内容过大', notDone: '这次请求没有执行。', todo: '请减少内容后再试。' },
    en: { title: 'The request is too large', notDone: 'It was not carried out.', todo: 'Send less and try again.' },
  },
})

const MAX_PAYLOAD_BYTES = 64 * 1024
const MAX_BACKOFF_MS = 5 * 60_000

type Row = {
  readonly id: string
  readonly room: string
  readonly kind: string
  readonly org_id: string
  readonly reference: string
  readonly payload: string
  readonly created_at: Date
  readonly attempts: number
}

type Stored = {
  readonly id: string
  readonly org_id: string
  readonly payload: string
  readonly outcome: string | null
}
type Candidate = NewIntent & { readonly id: string; readonly text: string; readonly atMs: number }

const toIntent = (row: Row): Intent => ({
  id: row.id,
  room: row.room,
  kind: row.kind,
  orgId: row.org_id,
  reference: row.reference,
  payload: JSON.parse(row.payload) as Json,
  createdAtMs: row.created_at.getTime(),
  attempts: row.attempts,
})

/** Inserts what is new and answers, for each item in order, the row that now stands under its reference. */
async function insertBatch(db: Database, items: readonly Candidate[]): Promise<Stored[]> {
  const column = <K extends keyof Candidate>(key: K) => items.map((item) => item[key] as string)
  const times = items.map((item) => new Date(item.atMs).toISOString())
  return await db.worker.begin(async (tx) => {
    // In one order of keys, so that two hubs with the same references never wait for each other in a circle.
    await tx`
      INSERT INTO kernel.intent (id, room, kind, org_id, reference, payload, created_at, due_at)
      SELECT id, room, kind, org_id, reference, payload, at::timestamptz, at::timestamptz
      FROM unnest(${column('id')}::text[], ${column('room')}::text[], ${column('kind')}::text[],
        ${column('orgId')}::text[], ${column('reference')}::text[], ${column('text')}::text[], ${times}::text[])
        AS new (id, room, kind, org_id, reference, payload, at)
      ORDER BY room, kind, reference
      ON CONFLICT (room, kind, reference) DO NOTHING`
    return await tx<Stored[]>`
      SELECT i.id, i.org_id, i.payload, i.outcome
      FROM unnest(${column('room')}::text[], ${column('kind')}::text[], ${column('reference')}::text[])
        WITH ORDINALITY AS asked (room, kind, reference, n)
      JOIN kernel.intent i USING (room, kind, reference) ORDER BY asked.n`
  })
}

/** Takes due intents under a lease that another hub respects; SKIP LOCKED lets two hubs share a backlog. */
async function claim(db: Database, room: string, owner: string, nowMs: number, options: Required<DriveOptions>) {
  const now = new Date(nowMs)
  const before = new Date(nowMs - options.olderThanMs)
  const until = new Date(nowMs + options.leaseMs)
  return await db.worker<Row[]>`
    UPDATE kernel.intent SET leased_by = ${owner}, leased_until = ${until}, attempts = attempts + 1
    WHERE id IN (
      SELECT id FROM kernel.intent
      WHERE room = ${room} AND outcome IS NULL AND due_at <= ${now} AND created_at <= ${before}
        AND (leased_until IS NULL OR leased_until <= ${now})
      ORDER BY due_at LIMIT ${options.batch} FOR UPDATE SKIP LOCKED)
    RETURNING id, room, kind, org_id, reference, payload, created_at, attempts`
}

const DEFAULTS: Required<DriveOptions> = { olderThanMs: 5_000, leaseMs: 30_000, batch: 20, idleMs: 1_000 }

type Settlement = { readonly id: string; readonly outcome: string; readonly atMs: number }

/** Writes outcomes where there is none; of two for one intent, in one batch or not, the first stands. */
async function settleBatch(db: Database, items: readonly Settlement[]): Promise<boolean[]> {
  const ids = items.map((item) => item.id)
  const outcomes = items.map((item) => item.outcome)
  const times = items.map((item) => new Date(item.atMs).toISOString())
  const rows = await db.worker<{ id: string }[]>`
    WITH new AS (
      SELECT DISTINCT ON (id) id, outcome, at
      FROM unnest(${ids}::text[], ${outcomes}::text[], ${times}::text[]) WITH ORDINALITY AS n (id, outcome, at, place)
      ORDER BY id, place),
    locked AS (
      SELECT i.id FROM kernel.intent i JOIN new USING (id) WHERE i.outcome IS NULL ORDER BY i.id FOR UPDATE OF i)
    UPDATE kernel.intent i
    SET outcome = new.outcome, settled_at = new.at::timestamptz, leased_by = NULL, leased_until = NULL
    FROM new JOIN locked USING (id) WHERE i.id = new.id AND i.outcome IS NULL
    RETURNING i.id`
  const won = new Set(rows.map((row) => row.id))
  return items.map((item) => won.delete(item.id))
}

type Deps = { readonly db: Database; readonly clock: Clock; readonly ids: Ids; readonly log: Log }

/** Takes up what was left, one intent at a time under this process's own lease. */
function createDriver(deps: Deps, settle: Intents['settle']): Pick<Intents, 'drive' | 'driveOnce'> {
  const { db, clock, ids, log } = deps
  const owner = ids.next('drv')
  /** Holds the lease while a long handler runs; a handler whose lease was lost is told to stop. */
  const renew = async (intent: Intent, leaseMs: number, stop: AbortController) => {
    try {
      for (;;) {
        await clock.sleep(leaseMs / 3, stop.signal)
        const kept = await db.worker`
          UPDATE kernel.intent SET leased_until = ${new Date(clock.now() + leaseMs)}
          WHERE id = ${intent.id} AND leased_by = ${owner} AND outcome IS NULL`
        if (kept.count === 0) stop.abort(new Error('the lease was lost'))
      }
    } catch {
      // Aborted at the end of the handler, or the database is away: the lease then runs out by itself.
    }
  }
  const postpone = async (intent: Intent) => {
    const wait = Math.min(1_000 * 2 ** Math.min(intent.attempts - 1, 20), MAX_BACKOFF_MS)
    await db.worker`
      UPDATE kernel.intent SET due_at = ${new Date(clock.now() + wait)}, leased_by = NULL, leased_until = NULL
      WHERE id = ${intent.id} AND leased_by = ${owner} AND outcome IS NULL`
  }
  const run = async (
    intent: Intent,
    handler: IntentHandler,
    signal: AbortSignal,
    leaseMs: number,
  ): Promise<boolean> => {
    const stop = new AbortController()
    const renewal = renew(intent, leaseMs, stop)
    try {
      const outcome = await handler(intent, AbortSignal.any([signal, stop.signal]))
      if (outcome !== undefined) return await settle(intent.id, outcome)
    } catch (error) {
      const code = error instanceof DomainError ? error.code : 'unknown'
      log.warn({ intent: intent.id, kind: intent.kind, attempts: intent.attempts, code }, 'An intent was not settled')
    } finally {
      stop.abort()
      await renewal
    }
    await postpone(intent)
    return false
  }
  const driveOnce: Intents['driveOnce'] = async (room, handler, signal, options = {}) => {
    const all = { ...DEFAULTS, ...options }
    const rows = await claim(db, room, owner, clock.now(), all)
    const results = await Promise.all(rows.map((row) => run(toIntent(row), handler, signal, all.leaseMs)))
    return { taken: rows.length, settled: results.filter(Boolean).length }
  }

  return {
    driveOnce,
    drive: async (room, handler, signal, options = {}) => {
      const { idleMs } = { ...DEFAULTS, ...options }
      let failures = 0
      while (!signal.aborted) {
        try {
          const { taken } = await driveOnce(room, handler, signal, options)
          failures = 0
          if (taken > 0) continue
        } catch (error) {
          failures++
          log.warn({ room, failures, err: error }, 'Could not take up open intents, it will be tried again')
        }
        await clock.sleep(idleMs * 2 ** Math.min(failures, 5), signal).catch(() => undefined)
      }
    },
  }
}

/** Writes, settles and drives intents; what many callers write at once shares one transaction. */
export function createIntents(deps: Deps): Intents {
  const { db, clock, ids } = deps
  const batch = { maxBatch: 1000, maxWaiting: 20_000, mayIsolate: isServerError }
  const insert = createNaturalBatch<Candidate, Stored>({ ...batch, apply: (items) => insertBatch(db, items) })
  const settleOne = createNaturalBatch<Settlement, boolean>({ ...batch, apply: (items) => settleBatch(db, items) })
  const settle = (id: string, outcome: Json) => settleOne({ id, outcome: canonicalJson(outcome), atMs: clock.now() })
  return {
    write: async (intent) => {
      const text = canonicalJson(intent.payload)
      if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES)
        throw intentErrors.error('too-large', { maxBytes: MAX_PAYLOAD_BYTES })
      const candidate: Candidate = { ...intent, id: ids.next('int'), text, atMs: clock.now() }
      const stored = await insert(candidate)
      if (stored.payload !== text || stored.org_id !== intent.orgId) {
        throw intentErrors.error('conflict', { room: intent.room, kind: intent.kind })
      }
      const outcome = stored.outcome === null ? {} : { outcome: JSON.parse(stored.outcome) as Json }
      return { id: stored.id, created: stored.id === candidate.id, ...outcome }
    },
    settle,
    pending: async (room, olderThanMs, limit) => {
      const before = new Date(clock.now() - olderThanMs)
      const rows = await db.worker<Row[]>`
        SELECT id, room, kind, org_id, reference, payload, created_at, attempts FROM kernel.intent
        WHERE room = ${room} AND outcome IS NULL AND created_at <= ${before} ORDER BY created_at, id LIMIT ${limit}`
      return rows.map(toIntent)
    },
    ...createDriver(deps, settle),
  }
}
