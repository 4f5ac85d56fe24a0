import type { Hono } from 'hono'
import { z } from 'zod'
import type { Actor, Decision } from './actor.ts'
import type { Audit } from './audit.ts'
import type { AuditQuery, AuditRecord, AuditSearch } from './audit-search.ts'
import type { Clock } from './clock.ts'
import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow } from './http.ts'

const Text = z.string().min(1).max(200)
const Query = z.strictObject({
  orgId: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,60}$/)
    .optional(),
  actorId: Text.optional(),
  action: z
    .string()
    .regex(/^[a-z][a-z0-9_.-]*\*?$/)
    .max(100)
    .optional(),
  resource: Text.optional(),
  requestId: Text.optional(),
  from: z.coerce.number().int().nonnegative().optional(),
  to: z.coerce.number().int().nonnegative().optional(),
  before: z
    .string()
    .regex(/^\d{1,18}$/)
    .transform(BigInt)
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  lang: z.enum(['zh', 'en']).optional(),
})
type Query = z.infer<typeof Query>
const Which = Query.pick({ orgId: true, lang: true })

/** Records in one CSV: more are asked for with a narrower search. */
const MOST_EXPORTED = 100_000

const queryOf = (query: Query, orgId: string): AuditQuery => {
  const { actorId, action, resource, requestId, from, to, before, limit } = query
  return {
    ...{ orgId, limit },
    ...(actorId === undefined ? {} : { actorId }),
    ...(action === undefined ? {} : { action }),
    ...(resource === undefined ? {} : { resource }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(before === undefined ? {} : { before }),
  }
}

/** What a spreadsheet takes for a formula, in half and full width, and the controls that lead to one. */
const FORMULA = /^[\t\r\n ]*[=+\-@＝＋－＠|%]/

/** RFC 4180; a cell that a spreadsheet would take for a formula is written as text. */
function cell(value: unknown): string {
  const text = String(value ?? '')
  const plain = FORMULA.test(text) ? `'${text}` : text
  return `"${plain.replaceAll('"', '""')}"`
}

const HEAD = ['seq', 'at', 'actor', 'action', 'resource', 'request', 'facts', 'hash']
const lineOf = (one: AuditRecord) =>
  [one.seq, one.at, one.actorId, one.action, one.resource, one.requestId, JSON.stringify(one.facts ?? {}), one.hash]
    .map(cell)
    .join(',')

/**
 * `/operations/audit…`: search, CSV, chains and their check. Reading is itself recorded, before the bytes leave, in the
 * chain of whoever reads and, where that is another one, in the chain that is read.
 */
export function createAuditRoutes(deps: {
  readonly audit: Audit
  readonly search: AuditSearch
  readonly clock: Clock
  readonly mayRead: (actor: Actor, orgId: string) => Decision
  /** May see which chains there are. */
  readonly maySeeChains: (actor: Actor) => Decision
  readonly nameOf: (orgId: string) => Promise<{ readonly zh: string; readonly en: string } | undefined>
}): Hono<HttpEnv> {
  const { audit, search, clock } = deps
  const routes = createRoutes()

  const note = async (actor: Actor, orgId: string, action: string, query: Partial<Query>) => {
    const asked = Object.entries(query).filter(
      ([key, value]) => value !== undefined && !['orgId', 'lang', 'limit'].includes(key),
    )
    const facts = Object.fromEntries(asked.map(([key, value]) => [key, String(value)]))
    const event = { actorId: actor.id, action: `operations.audit-${action}`, resource: orgId, facts }
    await audit.record({ ...event, orgId: actor.orgId })
    if (orgId !== actor.orgId) await audit.record({ ...event, orgId })
  }

  /** A name that was made up must not become a chain by being read. @throws http.not-found */
  const mustBeThere = async (actor: Actor, orgId: string) => {
    if (orgId === actor.orgId || (await deps.nameOf(orgId))) return
    if ((await audit.head(orgId)).seq === 0n) throw httpErrors.error('not-found')
  }

  routes.get('/operations/audit', async (c) => {
    const actor = actorOf(c)
    const query = checkInput(Query, c.req.query())
    const { orgId = actor.orgId } = query
    mustAllow(deps.mayRead(actor, orgId))
    await mustBeThere(actor, orgId)
    await note(actor, orgId, 'searched', query)
    const { records, next } = await search.search(queryOf(query, orgId))
    const shown = records.map((one) => ({ ...one, seq: one.seq.toString() }))
    return c.json({ orgId, records: shown, ...(next === undefined ? {} : { next: next.toString() }) })
  })

  /** As CSV, newest first, at most 100,000 records. */
  routes.get('/operations/audit/export', async (c) => {
    const actor = actorOf(c)
    const query = checkInput(Query, c.req.query())
    const { orgId = actor.orgId } = query
    mustAllow(deps.mayRead(actor, orgId))
    await mustBeThere(actor, orgId)
    await note(actor, orgId, 'exported', query)
    let before = query.before
    let written = 0
    const encoder = new TextEncoder()
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(encoder.encode(`\ufeff${HEAD.join(',')}\r\n`)),
      pull: async (stream) => {
        const asked = queryOf({ ...query, limit: 500 }, orgId)
        const page = await search.search({ ...asked, ...(before === undefined ? {} : { before }) })
        if (page.records.length > 0) stream.enqueue(encoder.encode(`${page.records.map(lineOf).join('\r\n')}\r\n`))
        written += page.records.length
        before = page.next
        if (before === undefined || written >= MOST_EXPORTED) stream.close()
      },
    })
    c.header('content-disposition', 'attachment; filename="audit.csv"')
    return c.body(body, 200, { 'content-type': 'text/csv; charset=utf-8' })
  })

  routes.get('/operations/audit/chains', async (c) => {
    mustAllow(deps.maySeeChains(actorOf(c)))
    const chains = await search.chains()
    const named = await Promise.all(
      chains.map(async (chain) => {
        const name = await deps.nameOf(chain.orgId)
        return { ...chain, records: chain.records.toString(), ...(name ? { name } : {}) }
      }),
    )
    return c.json({ chains: named })
  })

  /** Recomputes a whole chain; a record that was altered, moved or removed is named. */
  routes.post('/operations/audit/verify', async (c) => {
    const actor = actorOf(c)
    const { orgId = actor.orgId } = checkInput(Which, c.req.query())
    const decision = deps.mayRead(actor, orgId)
    if (!decision.ok && !deps.maySeeChains(actor).ok) throw httpErrors.error('forbidden', { reason: decision.reason })
    await mustBeThere(actor, orgId)
    await note(actor, orgId, 'verified', {})
    const startedAt = clock.now()
    const verdict = await audit.verify(orgId)
    const tookMs = clock.now() - startedAt
    if (verdict.ok) {
      return c.json({ orgId, ok: true, records: verdict.events.toString(), head: verdict.head.hash, tookMs })
    }
    return c.json({ orgId, ok: false, seq: verdict.seq.toString(), problem: verdict.problem, tookMs })
  })
  return routes
}
