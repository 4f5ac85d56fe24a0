import type { WalletFilter, WalletPage, WalletQuery } from '@bithive/api/wallet'
import { z } from 'zod'
import { walletErrors } from './errors.ts'
import { codeText, explainEntry } from './explain-entry.ts'
import type { WalletDeps } from './ports.ts'
import { readKnown } from './read-known.ts'
import { type Place, readWalk, type WalkedEntry } from './walk-entries.ts'

/** Entries that one request looks through for what a filter asks; the page then says how far back it looked. */
const MOST_SCANNED = 10_000
const PAGE = 200

const CursorText = z.strictObject({
  c: z.string().max(200),
  a: z.record(z.string().regex(/^\d{1,19}$/), z.tuple([z.string().max(32), z.string().regex(/^-?\d{1,20}$/)])),
  w: z.record(z.string().max(32), z.string().regex(/^-?\d{1,20}$/)),
})

/** The ledger's cursor and the owner's balances just above it: the balance of an entry needs what is newer. */
function writeCursor({ cursor, accounts, onTheWay }: Place): string {
  const text: z.infer<typeof CursorText> = {
    c: cursor as string,
    a: Object.fromEntries([...accounts].map(([id, { asset, posted }]) => [id, [asset, posted.toString()]])),
    w: Object.fromEntries([...onTheWay].filter(([, sum]) => sum !== 0n).map(([asset, sum]) => [asset, sum.toString()])),
  }
  return Buffer.from(JSON.stringify(text)).toString('base64url')
}

/** @throws wallet.bad-cursor */
function readCursor(text: string): Place {
  try {
    const { c, a, w } = CursorText.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    return {
      cursor: c,
      accounts: new Map(Object.entries(a).map(([id, [asset, posted]]) => [id, { asset, posted: BigInt(posted) }])),
      onTheWay: new Map(Object.entries(w).map(([asset, sum]) => [asset, BigInt(sum)])),
    }
  } catch (error) {
    throw walletErrors.error('bad-cursor', {}, error)
  }
}

/** Whether an entry is what a filter asks for. What is older than `from` ends the search; that is the caller's. */
export function fitsFilter(entry: WalkedEntry, filter: WalletFilter): boolean {
  const { direction, code, until, from, text } = filter
  if (direction !== undefined && entry.direction !== direction) return false
  if (code !== undefined && entry.code !== code) return false
  if (until !== undefined && entry.atMs >= until) return false
  if (from !== undefined && entry.atMs < from) return false
  if (text === undefined || text === '') return true
  const wanted = text.toLowerCase()
  return entry.id.includes(wanted) || (entry.reference ?? '').toLowerCase().includes(wanted)
}

const isFiltered = ({ direction, code, from, until, text }: WalletFilter) =>
  [direction, code, from, until, text].some((one) => one !== undefined && one !== '')

/**
 * Entries of one owner over all its sub-accounts, newest first, each explained and with the owner's balance after it.
 * Without a filter exactly `limit`; with one at least as many while there are, for pages of the books are never cut.
 * @throws wallet.bad-cursor, ledger.bad-cursor
 */
export async function readWalletEntries(deps: WalletDeps, orgId: string, query: WalletQuery): Promise<WalletPage> {
  const { after, limit, ...filter } = query
  const filtered = isFiltered(filter)
  const found: WalkedEntry[] = []
  let place = after === undefined ? undefined : readCursor(after)
  let scanned = 0
  let last: number | undefined
  let next: Place | undefined
  do {
    const step = await readWalk(deps.ledger, {
      owner: orgId,
      asset: filter.asset,
      place,
      limit: filtered ? PAGE : limit,
    })
    found.push(...step.entries.filter((entry) => fitsFilter(entry, filter)))
    scanned += step.entries.length
    last = step.entries.at(-1)?.atMs ?? last
    next = step.next
    if (filter.from !== undefined && last !== undefined && last < filter.from) next = undefined
    place = next
  } while (next && found.length < limit && scanned < MOST_SCANNED)
  const known = await readKnown(deps, orgId, found)
  return {
    entries: found.map((entry) => explainEntry(known, entry)),
    ...(next ? { next: writeCursor(next) } : {}),
    ...(next && filtered && last !== undefined ? { lookedBackTo: last } : {}),
    codes: Object.entries(deps.codeTexts).map(([code, text]) => ({
      code,
      text: codeText(deps.codeTexts, code) ?? text,
    })),
  }
}
