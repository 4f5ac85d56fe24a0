import type { FeedAnswer, StopsAnswer } from '@bithive/api/operations'
import type { Audit } from '@bithive/kernel/audit'
import type { Clock } from '@bithive/kernel/clock'
import { actorOf, checkInput, createRoutes, type HttpEnv, mustAllow, readJson } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import { formatAmount } from '@bithive/kernel/money'
import type { Hono } from 'hono'
import { z } from 'zod'
import { type Ledger, SHARDS, TRANSFER_CODES, type Transfer } from '../ledger/index.ts'
import { operationsErrors } from './errors.ts'
import { mayOperate } from './policy.ts'

/** `0:120,1:87`: below which number of each shard the next page begins. */
const Cursor = z.string().regex(/^\d+:\d{1,18}(,\d+:\d{1,18})*$/)
const FeedQuery = z.strictObject({
  before: Cursor.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  lang: z.enum(['zh', 'en']).optional(),
})
const FindQuery = z.strictObject({ id: z.uuid(), lang: z.enum(['zh', 'en']).optional() })
const Shard = z.coerce.number().int().min(0).max(63)
const Approval = z.strictObject({ proposalId: z.string().max(60) })
const Proposal = z.strictObject({ reason: z.string().regex(/^[a-z][a-z0-9-]{2,63}$/) })

type Desk = Pick<Ledger, 'feed' | 'lastSeq' | 'assetsOf' | 'transfer' | 'stops' | 'clearStop'>
type Clearance = { readonly proposalId: string; readonly by: string; readonly at: number; readonly reason: string }

/** The ledger for the operator: what was booked lately, and stops, which two people clear. */
export function createLedgerDeskRoutes(deps: { ledger: Desk; audit: Audit; clock: Clock; ids: Ids }): Hono<HttpEnv> {
  const { ledger, audit, clock, ids } = deps
  const routes = createRoutes()
  /** Asked for and not yet agreed to. A restart forgets them, and somebody proposes again. */
  const proposals = new Map<number, Clearance>()

  const view = async (transfers: readonly Transfer[]): Promise<FeedAnswer['transfers']> => {
    const assets = new Map<bigint, { code: string; scale: number }>()
    for (const shard of SHARDS) {
      const accounts = transfers.filter((one) => one.shard === shard).map((one) => one.debit as bigint)
      for (const [id, asset] of await ledger.assetsOf(shard, accounts as never)) assets.set(id as bigint, asset)
    }
    return transfers.map((one) => {
      const asset = assets.get(one.debit as bigint) ?? { code: '?', scale: 0 }
      const text = one.code === undefined ? undefined : TRANSFER_CODES[one.code]
      return {
        ...{ shard: one.shard, seq: one.seq.toString(), id: one.id, step: one.step },
        ...{ debit: one.debit.toString(), credit: one.credit.toString() },
        ...{ amount: formatAmount(one.amount, asset.scale), asset: asset.code },
        ...(one.code === undefined ? {} : { code: one.code }),
        ...(text === undefined ? {} : { text: { zh: text.zh, en: text.en } }),
        ...(one.reference === undefined ? {} : { reference: one.reference }),
        at: new Date(one.atMs).toISOString(),
      }
    })
  }

  /** Newest first over all shards: numbers of a shard have no gap, so a page is a span of them. */
  routes.get('/operations/ledger/feed', async (c) => {
    mustAllow(mayOperate(actorOf(c)))
    const { before, limit } = checkInput(FeedQuery, c.req.query())
    const given = new Map(before?.split(',').map((part) => part.split(':') as [string, string]))
    const tails = await Promise.all(
      SHARDS.map(async (shard) => {
        const end = given.has(String(shard))
          ? BigInt(given.get(String(shard)) as string)
          : (await ledger.lastSeq(shard)) + 1n
        const after = end - 1n - BigInt(limit)
        const rows = await ledger.feed({ shard, after: after < 0n ? 0n : after, limit })
        return { shard, end, rows: rows.filter(({ seq }) => seq < end).reverse() }
      }),
    )
    const all = tails.flatMap(({ rows }) => rows).sort((a, b) => b.atMs - a.atMs || Number(b.seq - a.seq))
    const page = all.slice(0, limit)
    const next = tails.map(({ shard, end }) => {
      const lowest = page.filter((one) => one.shard === shard).at(-1)?.seq ?? end
      return `${shard}:${lowest}`
    })
    const more = next.some((part) => BigInt(part.split(':')[1] as string) > 1n)
    return c.json({ transfers: await view(page), ...(more ? { next: next.join(',') } : {}) } satisfies FeedAnswer)
  })

  /** One transfer by its id, wherever it lies. */
  routes.get('/operations/ledger/transfer', async (c) => {
    mustAllow(mayOperate(actorOf(c)))
    const { id } = checkInput(FindQuery, c.req.query())
    const found = await Promise.all(SHARDS.map((shard) => ledger.transfer({ shard, id })))
    const transfers = found.flatMap((one) => (one ? [one.transfer] : []))
    return c.json({ transfers: await view(transfers) } satisfies FeedAnswer)
  })

  routes.get('/operations/ledger/stops', async (c) => {
    mustAllow(mayOperate(actorOf(c)))
    const stops = (await ledger.stops()).map(({ shard, atMs, findings }) => {
      const proposal = proposals.get(shard)
      const shown = findings.map(({ kind, account, asset, stored, expected }) => ({
        ...{ kind, stored: String(stored), expected: String(expected) },
        ...(account ? { account: String(account) } : {}),
        ...(asset ? { asset } : {}),
      }))
      return { shard, since: atMs, findings: shown, ...(proposal ? { proposal } : {}) }
    })
    return c.json({ stops } satisfies StopsAnswer)
  })

  const mustStand = async (shard: number) => {
    if (!(await ledger.stops()).some((stop) => stop.shard === shard)) throw operationsErrors.error('no-stop', { shard })
  }

  /** Body `{ reason }`, a code. It counts once another operator approves. */
  routes.post('/operations/ledger/stops/:shard/proposal', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayOperate(actor))
    const shard = checkInput(Shard, c.req.param('shard'))
    const { reason } = await readJson(c, Proposal)
    await mustStand(shard)
    const proposalId = ids.next('clr')
    const act = { orgId: actor.orgId, actorId: actor.id, action: 'operations.stop-clear-proposed' }
    await audit.record({ ...act, resource: `shard_${shard}`, facts: { proposalId, reason } })
    const proposal = { proposalId, by: actor.id, at: clock.now(), reason }
    proposals.set(shard, proposal)
    return c.json({ shard, ...proposal }, 201)
  })

  /** Body `{ proposalId }`: the one that was read. By another person than the one who proposed. @throws ledger.needs-second-person */
  routes.post('/operations/ledger/stops/:shard/approval', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayOperate(actor))
    const shard = checkInput(Shard, c.req.param('shard'))
    const { proposalId } = await readJson(c, Approval)
    await mustStand(shard)
    const proposal = proposals.get(shard)
    // A proposal that came after the one that was read has another reason: it is read first.
    if (proposal?.proposalId !== proposalId) throw operationsErrors.error('no-proposal', { shard })
    const { by: proposedBy, reason } = proposal
    const act = { orgId: actor.orgId, actorId: actor.id, action: 'operations.stop-cleared' }
    await audit.record({ ...act, resource: `shard_${shard}`, facts: { proposalId, proposedBy, reason } })
    const cleared = await ledger.clearStop({ shard, proposedBy, approvedBy: actor.id, reason })
    if (proposals.get(shard) === proposal) proposals.delete(shard)
    return c.json({ shard, cleared })
  })
  return routes
}
