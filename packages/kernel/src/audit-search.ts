import type { Json } from './canonical-json.ts'
import type { Database } from './database.ts'

/** What records are looked for; what is absent does not narrow. */
export type AuditQuery = {
  readonly orgId: string
  readonly actorId?: string
  /** The whole action, or its beginning when it ends in `*`: `members.*`. */
  readonly action?: string
  readonly resource?: string
  readonly requestId?: string
  /** Milliseconds since the Unix epoch; `toMs` is the first moment that is too late. */
  readonly fromMs?: number
  readonly toMs?: number
  /** Records older than this one, exclusive. */
  readonly before?: bigint
  readonly limit: number
}

export type AuditRecord = {
  readonly seq: bigint
  readonly id: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly actorId: string
  readonly action: string
  readonly resource: string
  readonly requestId?: string
  readonly facts?: { readonly [key: string]: Json }
  /** The chain's hash at this record, lower-case hex. */
  readonly hash: string
}

export type AuditPage = { readonly records: readonly AuditRecord[]; readonly next?: bigint }

export type AuditChain = { readonly orgId: string; readonly records: bigint; readonly head: string }

export type AuditSearch = {
  /** Newest first, of one organisation's chain. */
  readonly search: (query: AuditQuery) => Promise<AuditPage>
  /** Every chain of this database, for whoever runs it. */
  readonly chains: () => Promise<AuditChain[]>
}

type Row = { readonly seq: bigint; readonly event: string; readonly hash: Buffer }

function recordOf(row: Row): AuditRecord {
  const event = JSON.parse(row.event) as Omit<AuditRecord, 'seq' | 'hash'> & { orgId: string }
  const { id, at, actorId, action, resource, requestId, facts } = event
  return {
    ...{ seq: row.seq, id, at, actorId, action, resource, hash: row.hash.toString('hex') },
    ...(requestId === undefined ? {} : { requestId }),
    ...(facts === undefined ? {} : { facts }),
  }
}

const likeOf = (action: string) => `${action.slice(0, -1).replace(/[\\%_]/g, '\\$&')}%`

/** Reads the audit. Who may, and that reading is itself recorded, is the caller's to see to. */
export function createAuditSearch(deps: { readonly db: Pick<Database, 'asOrg' | 'worker'> }): AuditSearch {
  return {
    search: ({ orgId, action, limit, ...query }) =>
      // As the organisation itself: row-level security keeps another one's records out even of a wrong query.
      deps.db.asOrg(orgId, async (tx) => {
        const whole = action === undefined || action.endsWith('*') ? null : action
        const like = action?.endsWith('*') ? likeOf(action) : null
        const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())
        const [from, to] = [iso(query.fromMs), iso(query.toMs)]
        const rows = await tx<Row[]>`
          SELECT seq, event, hash FROM kernel.audit_event
          WHERE org_id = ${orgId}
            AND (${query.before ?? null}::bigint IS NULL OR seq < ${query.before ?? null}::bigint)
            AND (${query.actorId ?? null}::text IS NULL OR actor_id = ${query.actorId ?? null})
            AND (${whole}::text IS NULL OR action = ${whole})
            AND (${like}::text IS NULL OR action LIKE ${like})
            AND (${query.resource ?? null}::text IS NULL OR resource = ${query.resource ?? null})
            AND (${query.requestId ?? null}::text IS NULL OR request_id = ${query.requestId ?? null})
            AND (${from}::text IS NULL OR recorded_at >= ${from})
            AND (${to}::text IS NULL OR recorded_at < ${to})
          ORDER BY seq DESC LIMIT ${limit + 1}`
        const shown = rows.slice(0, limit)
        const last = shown.at(-1)
        return { records: shown.map(recordOf), ...(rows.length > limit && last ? { next: last.seq } : {}) }
      }),
    chains: async () => {
      const rows = await deps.db.worker<{ org_id: string; seq: bigint; hash: Buffer }[]>`
        SELECT org_id, seq, hash FROM kernel.audit_head ORDER BY org_id LIMIT 1000`
      return rows.map((row) => ({ orgId: row.org_id, records: row.seq, head: row.hash.toString('hex') }))
    },
  }
}
