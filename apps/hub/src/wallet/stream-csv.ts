import type { StatementQuery } from '@bithive/api/wallet'
import { calendarOf, monthRange } from '@bithive/kernel/calendar'
import type { Locale } from '@bithive/kernel/errors'
import { walletErrors } from './errors.ts'
import { explainEntry } from './explain-entry.ts'
import type { WalletDeps } from './ports.ts'
import { readKnown } from './read-known.ts'
import { walkEntries } from './walk-entries.ts'
import { BOM, csvEntry, csvHeader } from './write-csv.ts'

async function* linesOf(
  deps: WalletDeps,
  orgId: string,
  span: { readonly asset: string; readonly from: number; readonly until: number; readonly locale: Locale },
): AsyncGenerator<string> {
  yield BOM + csvHeader(span.locale)
  for await (const { page } of walkEntries(deps.ledger, orgId, span.asset)) {
    const inside = page.entries.filter(({ atMs }) => atMs >= span.from && atMs < span.until)
    const known = await readKnown(deps, orgId, inside)
    const text = inside.map((entry) => csvEntry(explainEntry(known, entry), span.locale)).join('')
    if (text !== '') yield text
    if ((page.entries.at(-1)?.atMs ?? span.from) < span.from) return
  }
}

/**
 * The entries of one month of one asset as CSV (RFC 4180, UTF-8 with a mark for Excel), newest first, page by page as
 * the reader takes them: never more than one page is in memory. A reader who leaves ends it.
 * @throws wallet.no-such-asset, calendar.unknown-zone, before the first byte
 */
export async function streamCsv(
  deps: WalletDeps,
  orgId: string,
  query: StatementQuery & { readonly locale: Locale },
): Promise<ReadableStream<Uint8Array>> {
  const { asset, month, zone, locale } = query
  const span = { ...monthRange(calendarOf(zone), month), asset, locale }
  if (!(await deps.ledger.balances(orgId)).some((one) => one.asset === asset)) throw walletErrors.error('no-such-asset')
  const encoder = new TextEncoder()
  const lines = linesOf(deps, orgId, span)
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { value, done } = await lines.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
      cancel: async () => {
        await lines.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}
