import { type DomainError, type ErrorFacts, InvariantError } from '@bithive/kernel/errors'
import { formatAmount } from '@bithive/kernel/money'
import type { RowResult } from './apply-batch.ts'
import { ledgerErrors } from './errors.ts'
import type { TransferOutcome, TransferRequest } from './transfer.ts'

/** What a refusal is explained with: the asset of an account, and the accounts that stopped the payouts. */
export type RefusalContext = {
  readonly assetOf: (account: bigint) => { readonly code: string; readonly scale: number } | undefined
  readonly stoppedAccounts: readonly string[]
}

type Key = Parameters<typeof ledgerErrors.error>[0]

/** Result codes of migrations/002-apply.sql and 005-apply.sql and the errors they are shown as. */
const ERROR_OF: Readonly<Record<number, Key>> = {
  2: 'conflict',
  3: 'chain-failed',
  5: 'conflict',
  20: 'no-account',
  21: 'asset-differs',
  22: 'frozen',
  23: 'closed',
  24: 'asset-closed',
  25: 'cross-shard',
  30: 'hold-unknown',
  31: 'hold-unknown',
  32: 'hold-unknown',
  33: 'already-posted',
  34: 'already-voided',
  35: 'hold-expired',
  36: 'over-post',
  37: 'already-reversed',
  38: 'over-reversal',
  39: 'not-reversible',
  40: 'insufficient-funds',
  41: 'credit-limit',
  42: 'overflow',
  43: 'balance-limit',
  50: 'payouts-stopped',
}

export const INSUFFICIENT = 40
export const CREDIT_LIMIT = 41
export const BALANCE_LIMIT = 43
export const PAYOUTS_STOPPED = 50

function refusal(request: TransferRequest, row: RowResult, context: RefusalContext): DomainError {
  const key = ERROR_OF[row.result]
  // The other codes are checked before a chain is queued, so meeting one here is a defect of ours.
  if (key === undefined) throw new InvariantError(`the ledger answered ${row.result} to a checked transfer`)
  const facts: Record<string, string | number> = { transfer: request.id }
  if (row.result === INSUFFICIENT || row.result === CREDIT_LIMIT || row.result === BALANCE_LIMIT) {
    const account = row.result === INSUFFICIENT ? request.debit : request.credit
    const asset = context.assetOf(account)
    facts.account = account.toString()
    facts.asset = asset?.code ?? ''
    facts.shortfall = formatAmount(row.detail, asset?.scale ?? 0)
  }
  if (row.result === PAYOUTS_STOPPED) facts.accounts = context.stoppedAccounts.join(', ')
  return ledgerErrors.error(key, facts as ErrorFacts)
}

/** Turns one row's result into what the caller reads. */
export function readResult(request: TransferRequest, row: RowResult, context: RefusalContext): TransferOutcome {
  if (row.result === 0) return { status: 'done', id: request.id, seq: row.detail }
  if (row.result === 1) return { status: 'exists', id: request.id, seq: row.detail }
  return { status: 'refused', id: request.id, error: refusal(request, row, context) }
}

/**
 * The chain's outcomes when all of it is booked (now or before); otherwise throws the reason.
 * @throws the first refusal that is not merely `ledger.chain-failed`, or ledger.outcome-unknown
 */
export function requireBooked(outcomes: readonly TransferOutcome[]): readonly { id: string; seq: bigint }[] {
  const reasons = outcomes.flatMap((one) => ('error' in one ? [one.error] : []))
  const first = reasons.find((error) => error.code !== ledgerErrors.code('chain-failed')) ?? reasons[0]
  if (first) throw first
  return outcomes as readonly { id: string; seq: bigint }[]
}
