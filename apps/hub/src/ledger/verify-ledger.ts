import type { Database, Tx } from '@bithive/kernel/database'
import { formatAmount } from '@bithive/kernel/money'
import { type AccountId, type AccountKind, shardOfAccount } from './account-id.ts'
import { readFeedPage, readInOrder } from './store.ts'
import type { Transfer } from './transfer.ts'

/** One thing that does not follow from the transfers. Ids and numbers only. */
export type Difference = {
  readonly kind: 'feed' | 'chain' | 'balance-after' | 'rule' | 'hold' | 'reversal' | 'account' | 'asset-sum'
  readonly shard: number
  readonly transfer?: string
  readonly account?: string
  readonly asset?: string
  readonly stored: string
  readonly expected: string
}

export type Verification = {
  readonly transfers: number
  readonly accounts: number
  readonly openHolds: number
  /** What the supply accounts have issued of each asset, less what came back, with the asset's decimals. */
  readonly supply: readonly { readonly asset: string; readonly issued: string }[]
  /** How many there are; the first 100 are listed. */
  readonly differenceCount: number
  readonly differences: readonly Difference[]
}

type Sums = { dp: bigint; d: bigint; cp: bigint; c: bigint }
type AccountFacts = Sums & { asset: string; scale: number; kind: AccountKind; flags: number }
type Hold = { debit: AccountId; credit: AccountId; amount: bigint; limit: bigint }
type Report = (difference: Difference) => void

const PAGE = 5_000
const MOST_LISTED = 100
const NO_SUMS: Sums = { dp: 0n, d: 0n, cp: 0n, c: 0n }
const text = ({ dp, d, cp, c }: Sums) => `${dp} ${d} ${cp} ${c}`

/** The sums of one shard as its transfers make them, one after the other, and what is wrong on the way. */
function createReplay(shard: number, accounts: ReadonlyMap<AccountId, AccountFacts>, report: Report) {
  const sums = new Map<AccountId, Sums>()
  const holds = new Map<string, Hold>()
  let seq = 0n
  let before: Transfer | undefined
  const of = (account: AccountId): Sums => {
    const found = sums.get(account) ?? { ...NO_SUMS }
    sums.set(account, found)
    return found
  }
  const endHold = (t: Transfer, debit: Sums, credit: Sums) => {
    const hold = holds.get(t.pendingId as string)
    const right = hold?.debit === t.debit && hold.credit === t.credit && t.amount <= hold.limit
    if (!hold || !right || t.pendingAmount !== hold.amount) {
      const expected = hold ? `at most ${hold.limit} of hold ${hold.amount}` : 'an open hold'
      report({ kind: 'hold', shard, transfer: t.id, stored: `${t.step} ${t.amount}`, expected })
    }
    holds.delete(t.pendingId as string)
    debit.dp -= t.pendingAmount ?? 0n
    credit.cp -= t.pendingAmount ?? 0n
  }
  const take = (t: Transfer & { debitAfter: bigint; creditAfter: bigint }) => {
    seq += 1n
    if (t.seq !== seq) report({ kind: 'feed', shard, transfer: t.id, stored: `${t.seq}`, expected: `${seq}` })
    seq = t.seq
    if (before?.linked && before.atMs !== t.atMs) {
      report({ kind: 'chain', shard, transfer: t.id, stored: `${t.atMs}`, expected: `${before.atMs}` })
    }
    before = t
    const [debit, credit] = [of(t.debit), of(t.credit)]
    if (t.step === 'hold') {
      const { amount, postLimit } = t
      holds.set(t.id, { debit: t.debit, credit: t.credit, amount, limit: postLimit ?? amount })
      debit.dp += t.amount
      credit.cp += t.amount
    } else {
      if (t.step === 'post' || t.step === 'void') endHold(t, debit, credit)
      debit.d += t.amount
      credit.c += t.amount
    }
    for (const [account, own, after] of [
      [t.debit, debit, t.debitAfter],
      [t.credit, credit, t.creditAfter],
    ] as const) {
      const facts = { shard, transfer: t.id, account: account.toString() }
      if (own.c - own.d !== after) {
        report({ kind: 'balance-after', ...facts, stored: `${after}`, expected: `${own.c - own.d}` })
      }
      const flags = accounts.get(account)?.flags ?? 0
      const broken = (flags & 1 && own.d + own.dp > own.c) || (flags & 2 && own.c + own.cp > own.d)
      if (broken) report({ kind: 'rule', ...facts, stored: text(own), expected: 'within its limit' })
    }
  }
  return { take, sums, holds, last: () => ({ seq, linked: before?.linked === true }) }
}

async function readAccountFacts(tx: Tx, shard: number): Promise<Map<AccountId, AccountFacts>> {
  const rows = await tx<(AccountFacts & { id: bigint })[]>`
    SELECT a.id, s.code AS asset, s.scale, a.kind, a.flags, a.debits_pending AS dp, a.debits_posted AS d,
      a.credits_pending AS cp, a.credits_posted AS c
    FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset WHERE a.shard = ${shard}`
  return new Map(rows.map(({ id, ...facts }) => [id, facts]))
}

/** Reversals whose original is missing, smaller, of other accounts, or reversed twice. */
async function findBadReversals(tx: Tx, shard: number, report: Report): Promise<void> {
  const rows = await tx<{ id: string; amount: bigint; original: bigint | null; times: bigint }[]>`
    SELECT r.id, r.amount, o.amount AS original, count(*) OVER (PARTITION BY r.pending_id) AS times
    FROM ledger.transfer r
    LEFT JOIN ledger.transfer o ON o.shard = r.shard AND o.id = r.pending_id AND o.flags & 26 = 0
      AND o.debit = r.credit AND o.credit = r.debit
    WHERE r.shard = ${shard} AND r.flags & 16 = 16`
  for (const { id, amount, original, times } of rows) {
    if (original !== null && amount <= original && times === 1n) continue
    const expected = original === null ? 'a booked original' : `at most ${original}, once`
    report({ kind: 'reversal', shard, transfer: id, stored: `${amount}, ${times} times`, expected })
  }
}

function compareAccounts(
  shard: number,
  accounts: ReadonlyMap<AccountId, AccountFacts>,
  sums: ReadonlyMap<AccountId, Sums>,
  report: Report,
): void {
  for (const id of new Set([...accounts.keys(), ...sums.keys()])) {
    const facts = accounts.get(id)
    const [stored, expected] = [facts ? text(facts) : '-', text(sums.get(id) ?? NO_SUMS)]
    const place = { shard, account: id.toString(), ...(facts ? { asset: facts.asset } : {}) }
    if (stored !== expected || shardOfAccount(id) !== shard) report({ kind: 'account', ...place, stored, expected })
  }
}

async function verifyShard(tx: Tx, shard: number, lastSeq: bigint, report: Report, onPage: (rows: number) => void) {
  const accounts = await readAccountFacts(tx, shard)
  const replay = createReplay(shard, accounts, report)
  for (;;) {
    const page = await readFeedPage(tx, { shard, after: replay.last().seq, limit: PAGE })
    for (const transfer of page) replay.take(transfer)
    onPage(page.length)
    if (page.length < PAGE) break
  }
  const last = replay.last()
  if (last.seq !== lastSeq) report({ kind: 'feed', shard, stored: `${lastSeq}`, expected: `${last.seq}` })
  if (last.linked) report({ kind: 'chain', shard, stored: 'a chain without its end', expected: 'an end' })
  const [held] = await tx<{ ids: string[] | null }[]>`
    SELECT array_agg(pending_id::text) AS ids FROM ledger.hold WHERE shard = ${shard}`
  const stored = new Set(held?.ids ?? [])
  for (const id of new Set([...stored, ...replay.holds.keys()])) {
    if (stored.has(id) === replay.holds.has(id)) continue
    const [listed, expected] = stored.has(id) ? ['open', 'ended'] : ['ended', 'open']
    report({ kind: 'hold', shard, transfer: id, stored: listed, expected })
  }
  await findBadReversals(tx, shard, report)
  compareAccounts(shard, accounts, replay.sums, report)
  for (const [asset, ofAsset] of Map.groupBy(accounts.values(), (facts) => facts.asset)) {
    const debits = ofAsset.reduce((sum, { d, dp }) => sum + d + dp, 0n)
    const credits = ofAsset.reduce((sum, { c, cp }) => sum + c + cp, 0n)
    if (debits !== credits) report({ kind: 'asset-sum', shard, asset, stored: `${debits}`, expected: `${credits}` })
  }
  return { accounts, openHolds: replay.holds.size }
}

/**
 * Recomputes everything from the transfers of one moment: the feeds, chains, holds, reversals, every balance after
 * every transfer, every account and the supply. It shares no code with the SQL that booked them. Changes nothing, and
 * may run beside a running house. Memory grows with accounts and open holds, not with transfers.
 */
export async function verifyLedger(
  db: Pick<Database, 'worker'>,
  onProgress: (transfers: number) => void = () => {},
): Promise<Verification> {
  const differences: Difference[] = []
  let [differenceCount, transfers, accounts, openHolds] = [0, 0, 0, 0]
  const report: Report = (difference) => {
    differenceCount++
    if (differences.length < MOST_LISTED) differences.push(difference)
  }
  const supply = new Map<string, { scale: number; issued: bigint }>()
  await db.worker.begin('isolation level repeatable read read only', async (tx) => {
    await readInOrder(tx)
    const shards = await tx<{ id: number; last: bigint }[]>`
      SELECT id, last_seq AS last FROM ledger.shard ORDER BY id`
    for (const { id, last } of shards) {
      const found = await verifyShard(tx, id, last, report, (rows) => {
        transfers += rows
        onProgress(transfers)
      })
      accounts += found.accounts.size
      openHolds += found.openHolds
      for (const { asset, scale, kind, d, c } of found.accounts.values()) {
        if (kind === 'supply') supply.set(asset, { scale, issued: (supply.get(asset)?.issued ?? 0n) + d - c })
      }
    }
  })
  const issued = [...supply].map(([asset, one]) => ({ asset, issued: formatAmount(one.issued, one.scale) }))
  return { transfers, accounts, openHolds, supply: issued, differenceCount, differences }
}
