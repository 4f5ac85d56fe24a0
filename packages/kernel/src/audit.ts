import { createHash } from 'node:crypto'
import { canonicalJson, type Json } from './canonical-json.ts'
import type { Clock } from './clock.ts'
import type { Database } from './database.ts'
import { defineErrors } from './errors.ts'
import type { Ids } from './ids.ts'
import { createNaturalBatch, isServerError } from './natural-batch.ts'

/** Who did what to what. Pseudonymous ids only: the chain outlives the people in it. */
export type AuditEvent = {
  readonly orgId: string
  readonly actorId: string
  /** A verb of the room's own words, for example `imaging.open-study`. */
  readonly action: string
  readonly resource: string
  readonly facts?: { readonly [key: string]: Json }
}

export type AuditHead = { readonly seq: bigint; readonly hash: string }

export type AuditVerdict =
  | { readonly ok: true; readonly events: bigint; readonly head: AuditHead }
  | {
      readonly ok: false
      /** The first event that does not fit. */
      readonly seq: bigint
      readonly problem: 'altered' | 'missing' | 'broken-link' | 'head-differs' | 'anchor-differs'
    }

export type Audit = {
  /** Durable when it resolves. Call it before the bytes that it speaks of leave. @throws audit.too-large, batch.full */
  readonly record: (event: AuditEvent) => Promise<void>
  /**
   * Recomputes one organisation's chain. Someone who may rewrite the whole database can rewrite a whole chain:
   * give an `anchor`, a head that was published earlier, to detect that too.
   */
  readonly verify: (orgId: string, anchor?: AuditHead) => Promise<AuditVerdict>
  readonly head: (orgId: string) => Promise<AuditHead>
}

export const auditErrors = defineErrors('audit', {
  'too-large': {
    status: 413,
    retryable: false,
    zh: { title: '审计记录过大', notDone: '没有写入记录，随后的操作也没有进行。', todo: '请报告此问题。' },
    en: {
      title: 'The audit record is too large',
      notDone: 'Nothing was recorded, so the act did not go on.',
      todo: 'Report this problem.',
    },
  },
})

const MAX_EVENT_BYTES = 16 * 1024
const PAGE = 1000

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const genesis = (orgId: string): Buffer => sha256(Buffer.from(`bithive audit ${orgId}`))

function nextHash(previous: Uint8Array, seq: bigint, event: string): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigInt64BE(seq)
  return sha256(previous, number, Buffer.from(event))
}

type Row = { readonly seq: bigint; readonly event: string; readonly prev_hash: Buffer; readonly hash: Buffer }

/** Walks a chain event by event; the first that does not fit ends it. */
function createWalk(orgId: string, anchor: AuditHead | undefined) {
  let seq = 0n
  let hash = genesis(orgId)
  const step = (row: Row): AuditVerdict | undefined => {
    const expected = seq + 1n
    if (row.seq !== expected) return { ok: false, seq: expected, problem: 'missing' }
    if (!row.prev_hash.equals(hash)) return { ok: false, seq: expected, problem: 'broken-link' }
    const computed = nextHash(hash, expected, row.event)
    if (!row.hash.equals(computed)) return { ok: false, seq: expected, problem: 'altered' }
    seq = expected
    hash = computed
    if (anchor?.seq === seq && anchor.hash !== hash.toString('hex'))
      return { ok: false, seq, problem: 'anchor-differs' }
    return undefined
  }
  const end = (head: AuditHead): AuditVerdict => {
    const reached: AuditHead = { seq, hash: hash.toString('hex') }
    if (head.seq > seq) return { ok: false, seq: seq + 1n, problem: 'missing' }
    if (head.seq !== seq || head.hash !== reached.hash) return { ok: false, seq, problem: 'head-differs' }
    if (anchor && anchor.seq > seq) return { ok: false, seq: seq + 1n, problem: 'missing' }
    return { ok: true, events: seq, head: reached }
  }
  return { step, end, at: () => seq }
}

/** Records and verifies audit events; events of many callers share one transaction. */
export function createAudit(deps: {
  db: Database
  clock: Clock
  ids: Ids
  /** The request that is being answered, noted beside the act; undefined outside of one. */
  requestId?: () => string | undefined
}): Audit {
  const { db, clock, ids } = deps
  const append = createNaturalBatch<{ orgId: string; event: string }, void>({
    maxBatch: 1000,
    maxWaiting: 20_000,
    mayIsolate: isServerError,
    apply: async (items) => {
      const orgs = items.map((item) => item.orgId)
      const events = items.map((item) => item.event)
      await db.worker`SELECT kernel.append_audit(${orgs}::text[], ${events}::text[])`
      return items.map(() => undefined)
    },
  })
  const readHead = async (orgId: string): Promise<AuditHead & { last: bigint }> => {
    // One statement, one snapshot: head and events are written together, so they must agree in it.
    const [row] = await db.worker<{ seq: bigint | null; hash: Buffer | null; last: bigint }[]>`
      SELECT (SELECT coalesce(max(seq), 0) FROM kernel.audit_event WHERE org_id = ${orgId}) AS last, h.seq, h.hash
      FROM (VALUES (1)) one LEFT JOIN kernel.audit_head h ON h.org_id = ${orgId}`
    const hash = row?.hash ?? genesis(orgId)
    return { seq: row?.seq ?? 0n, hash: hash.toString('hex'), last: row?.last ?? 0n }
  }
  return {
    record: async ({ orgId, actorId, action, resource, facts }) => {
      const at = new Date(clock.now()).toISOString()
      const requestId = deps.requestId?.()
      const event = canonicalJson({ id: ids.next('aud'), at, orgId, actorId, action, resource, facts, requestId })
      if (Buffer.byteLength(event) > MAX_EVENT_BYTES)
        throw auditErrors.error('too-large', { maxBytes: MAX_EVENT_BYTES })
      await append({ orgId, event })
    },
    verify: async (orgId, anchor) => {
      // The head is read first: events appended meanwhile lie beyond it and are left to the next run.
      const end = await readHead(orgId)
      if (end.last > end.seq) return { ok: false, seq: end.seq, problem: 'head-differs' }
      const walk = createWalk(orgId, anchor)
      for (;;) {
        const rows = await db.worker<Row[]>`
          SELECT seq, event, prev_hash, hash FROM kernel.audit_event
          WHERE org_id = ${orgId} AND seq > ${walk.at()} ORDER BY seq LIMIT ${PAGE}`
        for (const row of rows) {
          if (row.seq > end.seq && walk.at() === end.seq) return walk.end(end)
          const verdict = walk.step(row)
          if (verdict) return verdict
        }
        if (rows.length < PAGE) return walk.end(end)
      }
    },
    head: async (orgId) => {
      const { seq, hash } = await readHead(orgId)
      return { seq, hash }
    },
  }
}
