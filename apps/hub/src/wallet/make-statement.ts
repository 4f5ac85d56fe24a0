import type { StatementQuery, WalletStatement } from '@bithive/api/wallet'
import { calendarOf, monthRange } from '@bithive/kernel/calendar'
import { invariant } from '@bithive/kernel/errors'
import { formatAmount } from '@bithive/kernel/money'
import { walletErrors } from './errors.ts'
import { codeText, explainEntry } from './explain-entry.ts'
import type { WalletDeps } from './ports.ts'
import { readKnown } from './read-known.ts'
import { type WalkedEntry, walkEntries } from './walk-entries.ts'

/** Entries that a statement holds as one page; a CSV has no such limit. */
const MOST_ENTRIES = 2_000

type Read = {
  /** Newest first. */
  readonly entries: readonly WalkedEntry[]
  readonly opening: bigint
  readonly closing: bigint
}

/** The entries of a span with the owner's balance before the first and after the last of them. */
async function readSpan(
  deps: WalletDeps,
  owner: string,
  span: { readonly asset: string; readonly from: number; readonly until: number; readonly present: bigint },
): Promise<Read> {
  const entries: WalkedEntry[] = []
  // Balance once everything that was booked before `until` stands; known from the first older entry.
  let closing: bigint | undefined
  let opening: bigint | undefined
  let above = span.present
  for await (const { page } of walkEntries(deps.ledger, owner, span.asset)) {
    for (const entry of page.entries) {
      if (entry.atMs < span.until) closing ??= entry.balanceAfter
      if (entry.atMs < span.from) opening ??= entry.balanceAfter
      if (entry.atMs >= span.from && entry.atMs < span.until) entries.push(entry)
      above = entry.balanceAfter - entry.effect
    }
    if (entries.length > MOST_ENTRIES) throw walletErrors.error('statement-too-long', { most: MOST_ENTRIES })
    if (opening !== undefined) break
  }
  // Nothing older is in the books: what stood before the oldest entry is where they begin.
  return { entries, opening: opening ?? above, closing: closing ?? above }
}

type Totals = { in: bigint; out: bigint; count: number }

function addUp(entries: readonly WalkedEntry[]) {
  const whole: Totals = { in: 0n, out: 0n, count: 0 }
  const byCode = new Map<string, Totals>()
  for (const { effect, code = 'other' } of entries) {
    if (effect === 0n) continue
    const one = byCode.get(code) ?? { in: 0n, out: 0n, count: 0 }
    for (const sums of [whole, one]) {
      if (effect > 0n) sums.in += effect
      else sums.out -= effect
      sums.count++
    }
    byCode.set(code, one)
  }
  return { whole, byCode }
}

const OTHER = { zh: '其他', en: 'Other' }

/**
 * One month of one asset: opening balance, entries, totals, closing balance. That they add up is asserted, so a
 * statement that does not is never shown.
 * @throws wallet.no-such-asset, wallet.statement-too-long, calendar.unknown-zone
 */
export async function makeStatement(deps: WalletDeps, orgId: string, query: StatementQuery): Promise<WalletStatement> {
  const { asset, month, zone } = query
  const { from, until } = monthRange(calendarOf(zone), month)
  const own = (await deps.ledger.balances(orgId)).filter((one) => one.asset === asset)
  const scale = own[0]?.scale
  if (scale === undefined) throw walletErrors.error('no-such-asset')
  const present = own.reduce((sum, { posted }) => sum + posted, 0n)
  const { entries, opening, closing } = await readSpan(deps, orgId, { asset, from, until, present })
  const { whole, byCode } = addUp(entries)
  invariant(opening + whole.in - whole.out === closing, 'a statement adds up')
  const known = await readKnown(deps, orgId, entries)
  const party = await deps.partyOf(orgId)
  const money = (amount: bigint) => formatAmount(amount, scale)
  const madeAt = deps.clock.now()
  const held = own.reduce((sum, { pendingOut }) => sum + pendingOut, 0n)
  return {
    organisation: { orgId, ...(party ? { name: party.name } : {}), sample: party?.sample ?? false },
    ...{ asset, month, zone, from, until, madeAt },
    opening: money(opening),
    entries: entries.toReversed().map((entry) => explainEntry(known, entry)),
    totals: {
      in: money(whole.in),
      out: money(whole.out),
      byCode: [...byCode].map(([code, sums]) => ({
        code,
        text: codeText(deps.codeTexts, code) ?? OTHER,
        in: money(sums.in),
        out: money(sums.out),
        count: sums.count,
      })),
    },
    closing: money(closing),
    ...(madeAt < until ? { heldNow: money(held) } : {}),
  }
}
