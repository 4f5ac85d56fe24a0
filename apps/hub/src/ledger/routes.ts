import { actorOf, checkInput, createRoutes, mustAllow } from '@bithive/kernel/http'
import { formatAmount } from '@bithive/kernel/money'
import { TRANSFER_CODES } from './codes.ts'
import type { Ledger } from './create-ledger.ts'
import { mayReadOwnAccounts, mayReadTrialBalance } from './policy.ts'
import { type BalancesAnswer, type EntriesAnswer, EntriesQuery, type TrialBalanceAnswer } from './schema.ts'
import type { Balance, BalanceParts, Entry } from './transfer.ts'

const partsOf = (parts: BalanceParts, scale: number) => ({
  posted: formatAmount(parts.posted, scale),
  pendingOut: formatAmount(parts.pendingOut, scale),
  pendingIn: formatAmount(parts.pendingIn, scale),
  available: formatAmount(parts.available, scale),
})

const balanceOf = (balance: Balance): BalancesAnswer['balances'][number] => ({
  asset: balance.asset,
  kind: balance.kind,
  ...partsOf(balance, balance.scale),
  shards: balance.shards.map((one) => ({
    shard: one.shard,
    account: one.account.toString(),
    ...partsOf(one, balance.scale),
  })),
})

function textOf(code: Entry['code']) {
  if (code === undefined) return {}
  const { zh, en } = TRANSFER_CODES[code]
  return { code, text: { zh, en } }
}

const entryOf = (entry: Entry): EntriesAnswer['entries'][number] => ({
  id: entry.id,
  shard: entry.shard,
  seq: entry.seq.toString(),
  account: entry.account.toString(),
  kind: entry.kind,
  asset: entry.asset,
  direction: entry.direction,
  step: entry.step,
  amount: formatAmount(entry.amount, entry.scale),
  ...(entry.pendingId === undefined ? {} : { pendingId: entry.pendingId }),
  ...(entry.pendingAmount === undefined ? {} : { pendingAmount: formatAmount(entry.pendingAmount, entry.scale) }),
  ...textOf(entry.code),
  ...(entry.reference === undefined ? {} : { reference: entry.reference }),
  at: new Date(entry.atMs).toISOString(),
  postedAfter: formatAmount(entry.postedAfter, entry.scale),
})

/** Reading only: value moves through use cases of other rooms, never through a route of the ledger. */
export function createLedgerRoutes(deps: { readonly ledger: Ledger }) {
  const { ledger } = deps
  const routes = createRoutes()

  routes.get('/ledger/balances', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayReadOwnAccounts(actor))
    const balances = await ledger.balances(actor.orgId)
    return c.json({ balances: balances.map(balanceOf) } satisfies BalancesAnswer)
  })

  routes.get('/ledger/entries', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayReadOwnAccounts(actor))
    const { asset, after, limit } = checkInput(EntriesQuery, c.req.query())
    const page = await ledger.history({
      owner: actor.orgId,
      limit,
      ...(asset === undefined ? {} : { asset }),
      ...(after === undefined ? {} : { after }),
    })
    const next = page.next === undefined ? {} : { next: page.next }
    return c.json({ entries: page.entries.map(entryOf), ...next } satisfies EntriesAnswer)
  })

  routes.get('/ledger/trial-balance', async (c) => {
    mustAllow(mayReadTrialBalance(actorOf(c)))
    const [trial, stops] = await Promise.all([ledger.trialBalance(), ledger.stops()])
    const answer: TrialBalanceAnswer = {
      balanced: trial.balanced,
      stopped: stops.map((stop) => ({
        shard: stop.shard,
        since: new Date(stop.atMs).toISOString(),
        accounts: [...new Set(stop.findings.flatMap((finding) => finding.account ?? []))],
      })),
      lines: trial.lines.map((line) => ({
        shard: line.shard,
        asset: line.asset,
        debitsPosted: formatAmount(line.debitsPosted, line.scale),
        creditsPosted: formatAmount(line.creditsPosted, line.scale),
        debitsPending: formatAmount(line.debitsPending, line.scale),
        creditsPending: formatAmount(line.creditsPending, line.scale),
        difference: formatAmount(line.difference, line.scale),
      })),
    }
    return c.json(answer)
  })
  return routes
}
