import type { Database } from '@bithive/kernel/database'
import { formatAmount } from '@bithive/kernel/money'
import { readFeedPage, readInOrder } from './store.ts'

export type ExportFormat = 'ndjson' | 'csv'

const PAGE = 2_000
const COLUMNS = [
  ...['shard', 'seq', 'id', 'at', 'step', 'linked', 'code', 'asset', 'amount', 'debit', 'credit'],
  ...['debitAfter', 'creditAfter', 'pendingId', 'pendingAmount', 'reverses', 'postLimit', 'timeoutMs', 'reference'],
] as const
type Line = Readonly<Record<(typeof COLUMNS)[number], string | number | boolean | undefined>>

/** A spreadsheet would run a cell that begins like a formula; amounts below zero are numbers and stay. */
function cell(value: Line[keyof Line]): string {
  const text = value === undefined ? '' : String(value)
  const safe = /^[=+@\t\r]|^-(?![0-9.]+$)/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * Writes every booked transfer, shard by shard in the order of the feed, a page at a time: lines of JSON, or CSV with
 * a header. Amounts are decimal strings of the asset. `write` is waited for, so a slow disk holds the reading back.
 * @returns how many transfers were written.
 */
export async function exportTransfers(
  db: Pick<Database, 'worker'>,
  format: ExportFormat,
  write: (text: string) => Promise<void>,
): Promise<number> {
  let count = 0
  if (format === 'csv') await write(`${COLUMNS.join(',')}\r\n`)
  await db.worker.begin('isolation level repeatable read read only', async (tx) => {
    await readInOrder(tx)
    const shards = await tx<{ id: number }[]>`SELECT id FROM ledger.shard ORDER BY id`
    for (const { id: shard } of shards) {
      let after = 0n
      for (;;) {
        const page = await readFeedPage(tx, { shard, after, limit: PAGE })
        const lines = page.map((t): Line => {
          const amount = (units: bigint | undefined) => (units === undefined ? undefined : formatAmount(units, t.scale))
          return {
            ...{ shard, seq: t.seq.toString(), id: t.id, at: new Date(t.atMs).toISOString() },
            ...{ step: t.step, linked: t.linked, code: t.code, asset: t.asset, amount: amount(t.amount) },
            ...{ debit: t.debit.toString(), credit: t.credit.toString() },
            ...{ debitAfter: amount(t.debitAfter), creditAfter: amount(t.creditAfter), pendingId: t.pendingId },
            ...{ pendingAmount: amount(t.pendingAmount), reverses: t.reverses, postLimit: amount(t.postLimit) },
            ...{ timeoutMs: t.timeoutMs?.toString(), reference: t.reference },
          }
        })
        const text = lines.map((line) =>
          format === 'csv' ? `${COLUMNS.map((name) => cell(line[name])).join(',')}\r\n` : `${JSON.stringify(line)}\n`,
        )
        if (text.length > 0) await write(text.join(''))
        count += page.length
        after = page.at(-1)?.seq ?? after
        if (page.length < PAGE) break
      }
    }
  })
  return count
}
