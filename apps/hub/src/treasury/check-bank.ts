import { bankAccounts, lastStatement } from './bank-store.ts'
import type { Finding } from './check-supply.ts'
import { bankPlace } from './network-accounts.ts'
import type { Room } from './ports.ts'

export type BankPosition = {
  readonly currency: string
  /** What the statements say came to the account and left it since the first of them opened. */
  readonly statements: bigint
  /** What the ledger says the bank holds for us. */
  readonly ledger: bigint
  /** Movements that are on a statement and not booked: being booked now, or taken by the bank without our asking. */
  readonly explained: bigint
  readonly unexplained: bigint
}

type Sums = { net: string; waiting: string }

/** Compares the bank's own figures with the ledger's account for it, currency by currency. */
export async function readBankPositions(room: Pick<Room, 'db' | 'ledger'>): Promise<BankPosition[]> {
  const accounts = await bankAccounts(room.db.worker)
  const positions: BankPosition[] = []
  for (const currency of new Set(accounts.map((one) => one.currency))) {
    let statements = 0n
    for (const { account } of accounts.filter((one) => one.currency === currency)) {
      const last = await lastStatement(room.db.worker, account)
      const [first] = await room.db.worker<{ opening: bigint }[]>`
        SELECT opening FROM treasury.statements WHERE account = ${account} AND place = 1`
      statements += (last?.closing ?? 0n) - (first?.opening ?? 0n)
    }
    const [sums] = await room.db.worker<Sums[]>`
      SELECT coalesce(sum(CASE direction WHEN 'in' THEN amount ELSE -amount END), 0)::text AS net,
        coalesce(sum(CASE direction WHEN 'in' THEN amount ELSE -amount END)
          FILTER (WHERE state IN ('new', 'unexplained')), 0)::text AS waiting
      FROM treasury.bank_entries WHERE currency = ${currency} AND state NOT IN ('waiting', 'refused')`
    const place = bankPlace(currency)
    const ledger = -((await room.ledger.balance(place.owner, currency, place.kind))?.posted ?? 0n)
    const explained = BigInt(sums?.waiting ?? 0)
    positions.push({ currency, statements, ledger, explained, unexplained: statements - explained - ledger })
  }
  return positions
}

/** The bank's figures and ours must agree but for what is on the work list; booking may be under way, so look twice. */
export async function checkBank(room: Room): Promise<Finding[]> {
  const before = await readBankPositions(room)
  if (before.every(({ unexplained }) => unexplained === 0n)) return []
  const again = await readBankPositions(room)
  return again
    .filter((one) => one.unexplained !== 0n && before.some((was) => was.unexplained === one.unexplained))
    .map((one) => ({
      check: 'bank',
      asset: one.currency,
      expected: `${one.statements - one.explained}`,
      stored: `${one.ledger}`,
      transfers: [],
    }))
}
