import { invariant } from '@bithive/kernel/errors'
import { MAX_AMOUNT } from '@bithive/kernel/money'
import { treasuryErrors } from './errors.ts'

export const MAX_STATEMENT_BYTES = 8 * 1_048_576
export const MAX_STATEMENT_ENTRIES = 20_000
/** Payers' texts of all entries together: each is searched for references. */
export const MAX_STATEMENT_TEXTS = 60_000

/** One booked movement of the bank account, in the smallest unit. */
export type StatementEntry = {
  readonly direction: 'in' | 'out'
  readonly amount: bigint
  /** The day that the bank booked it, `YYYY-MM-DD`. */
  readonly bookedOn: string
  /** What the bank calls it. */
  readonly bankRef: string | undefined
  /** The reference that the bank gives to this movement alone: `AcctSvcrRef`, or the id of a CSV's entry. */
  readonly serviceRef: string | undefined
  /** Everything in which a payer may have written our reference. */
  readonly words: readonly string[]
}

export type Statement = {
  readonly format: string
  readonly account: string
  /** The bank's id of this statement. */
  readonly bankId: string
  readonly currency: string
  readonly opening: bigint
  readonly closing: bigint
  readonly entries: readonly StatementEntry[]
}

/** @throws treasury.statement-incomplete naming the field */
export function needed<T>(value: T | undefined, field: string): T {
  if (value === undefined || value === '') throw treasuryErrors.error('statement-incomplete', { field })
  return value
}

const AMOUNT = /^(\d{1,15})(?:\.(\d{0,5}))?$/

/**
 * Reads a bank's amount: a plain decimal without sign. Trailing zeros beyond the currency's decimals are allowed,
 * other digits there are not: no bank books parts of a cent. @throws treasury.statement-incomplete
 */
export function readBankAmount(text: string | undefined, scale: number, field: string): bigint {
  const match = AMOUNT.exec(needed(text?.trim(), field))
  const decimals = (match?.[2] ?? '').replace(/0+$/, '')
  if (!match || decimals.length > scale) throw treasuryErrors.error('statement-incomplete', { field })
  const amount = BigInt(`${match[1]}${decimals.padEnd(scale, '0')}`)
  if (amount > MAX_AMOUNT) throw treasuryErrors.error('statement-incomplete', { field })
  return amount
}

/** A day that exists. @throws treasury.statement-incomplete */
export function readDay(text: string | undefined, field: string): string {
  const day = needed(text?.trim().slice(0, 10), field)
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(`${day}T00:00:00Z`) : new Date(Number.NaN)
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day) {
    throw treasuryErrors.error('statement-incomplete', { field })
  }
  return day
}

/** Account numbers are compared without spaces, in capitals. */
export const plainAccount = (text: string): string => text.replace(/\s/g, '').toUpperCase()

/** Opening plus what came in less what went out must be closing, to the last unit. @throws treasury.statement-totals */
export function mustReconcile(statement: Statement): void {
  const { entries, opening, closing } = statement
  if (entries.length > MAX_STATEMENT_ENTRIES) throw treasuryErrors.error('statement-too-large')
  const texts = entries.reduce((sum, { words }) => sum + words.length, 0)
  if (texts > MAX_STATEMENT_TEXTS) throw treasuryErrors.error('statement-too-large')
  const net = entries.reduce((sum, { direction, amount }) => sum + (direction === 'in' ? amount : -amount), 0n)
  invariant(
    entries.every(({ amount }) => amount > 0n),
    'an entry of a statement is above 0',
  )
  if (opening + net !== closing) {
    throw treasuryErrors.error('statement-totals', { difference: `${closing - opening - net}` })
  }
}
