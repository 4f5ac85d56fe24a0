import type { Database } from '@bithive/kernel/database'
import { SHARDS } from './account-id.ts'
import { TRANSFER_CODES, type TransferCode } from './codes.ts'

export type TransferSearch = {
  readonly id?: string
  readonly reference?: string
  readonly account?: bigint
  readonly code?: TransferCode
  readonly limit: number
}

/** One transfer with who owns its two sides: for the network's own people. */
export type FoundTransfer = {
  readonly shard: number
  readonly seq: bigint
  readonly id: string
  readonly asset: string
  readonly scale: number
  readonly amount: bigint
  readonly flags: number
  readonly code: number
  readonly reference: string | null
  readonly atMs: bigint
  readonly debit: bigint
  readonly debitOwner: string
  readonly debitKind: string
  readonly credit: bigint
  readonly creditOwner: string
  readonly creditKind: string
}

/** A reference and a code have no index: so many of the newest transfers of each shard are looked through. */
const LOOKED_THROUGH = 200_000

/** The newest transfers that fit everything that is asked for. */
export async function findTransfers(db: Database, search: TransferSearch): Promise<FoundTransfer[]> {
  const { id = null, reference = null, account, code, limit } = search
  const number = code === undefined ? null : TRANSFER_CODES[code].number
  const one = account === undefined ? null : account.toString()
  const wide = id === null && one === null
  return db.worker<FoundTransfer[]>`
    SELECT t.shard, t.seq, t.id, s.code AS asset, s.scale, t.amount, t.flags, t.code, t.reference, t.at_ms AS "atMs",
      t.debit, d.owner AS "debitOwner", d.kind AS "debitKind", t.credit, c.owner AS "creditOwner", c.kind AS "creditKind"
    FROM ledger.shard h
    CROSS JOIN LATERAL (
      SELECT * FROM ledger.transfer t WHERE t.shard = h.id
        AND (${id}::uuid IS NULL OR t.id = ${id}::uuid)
        AND (${one}::bigint IS NULL OR t.debit = ${one}::bigint OR t.credit = ${one}::bigint)
        AND (${reference}::text IS NULL OR t.reference = ${reference})
        AND (${number}::int IS NULL OR t.code = ${number})
        AND (NOT ${wide} OR t.seq > h.last_seq - ${LOOKED_THROUGH})
      ORDER BY t.seq DESC LIMIT ${limit}) t
    JOIN ledger.account d ON d.shard = t.shard AND d.id = t.debit
    JOIN ledger.account c ON c.shard = t.shard AND c.id = t.credit
    JOIN ledger.asset s ON s.id = d.asset
    WHERE h.id = ANY(${SHARDS as number[]})
    ORDER BY t.at_ms DESC, t.shard, t.seq DESC LIMIT ${limit}`
}
