import type { DeskAnswer, DeskQuery } from '@bithive/api/treasury-desk'
import { formatAmount, MAX_AMOUNT } from '@bithive/kernel/money'
import type { z } from 'zod'
import { TRANSFER_CODES, type TransferCode } from '../ledger/index.ts'
import type { Room } from './ports.ts'

const MOST_ROWS = 200
const STEPS: Readonly<Record<number, string>> = { 0: 'move', 2: 'hold', 4: 'post', 8: 'void', 16: 'reverse' }
const codes = Object.entries(TRANSFER_CODES).map(([code, { zh, en }]) => ({ code, text: { zh, en } }))

/** The operator's search through the ledger: by transfer, account, reference or code. */
export async function searchLedger(room: Room, query: z.infer<typeof DeskQuery>): Promise<DeskAnswer> {
  const { id, reference, account, code } = query
  const known = code !== undefined && code in TRANSFER_CODES
  const number = account === undefined ? undefined : BigInt(account)
  // What no account and no code can be finds nothing.
  if ((code !== undefined && !known) || (number !== undefined && number > MAX_AMOUNT)) return { transfers: [], codes }
  const found = await room.ledger.findTransfers({
    ...(id === undefined ? {} : { id }),
    ...(reference === undefined ? {} : { reference }),
    ...(number === undefined ? {} : { account: number }),
    ...(known ? { code: code as TransferCode } : {}),
    limit: MOST_ROWS,
  })
  const wordOf = new Map(Object.entries(TRANSFER_CODES).map(([name, entry]) => [entry.number, { name, ...entry }]))
  return {
    codes,
    transfers: found.map((one) => {
      const word = wordOf.get(one.code as never)
      const name = word?.name ?? String(one.code)
      return {
        ...{ id: one.id, shard: one.shard, seq: `${one.seq}`, asset: one.asset },
        ...{ amount: formatAmount(one.amount, one.scale), step: STEPS[one.flags & ~1] ?? '', code: name },
        text: word ? { zh: word.zh, en: word.en } : { zh: name, en: name },
        ...{ reference: one.reference, at: Number(one.atMs) },
        debit: { account: `${one.debit}`, owner: one.debitOwner, kind: one.debitKind },
        credit: { account: `${one.credit}`, owner: one.creditOwner, kind: one.creditKind },
      }
    }),
  }
}
