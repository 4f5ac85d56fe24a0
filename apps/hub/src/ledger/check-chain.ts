import { MAX_AMOUNT } from '@bithive/kernel/money'
import { shardOfAccount } from './account-id.ts'
import { TRANSFER_CODES } from './codes.ts'
import { ledgerErrors } from './errors.ts'
import { STEP_FLAGS, type TransferRequest } from './transfer.ts'

/** Longest chain: a small part of a batch, so that one caller cannot crowd out the others. */
const MAX_CHAIN = 100
const MAX_REFERENCE_CHARACTERS = 200
const MAX_TIMEOUT_MS = 315_360_000_000
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The first field of a transfer that cannot be right whatever the balances are, or undefined. */
function wrongField(t: TransferRequest): keyof TransferRequest | undefined {
  const step = t.step ?? 'move'
  const ends = step === 'post' || step === 'void'
  const reverses = step === 'reverse'
  if (!UUID.test(t.id)) return 'id'
  if (!Object.hasOwn(STEP_FLAGS, step)) return 'step'
  if (!Object.hasOwn(TRANSFER_CODES, t.code)) return 'code'
  if (typeof t.debit !== 'bigint' || t.debit <= 0n || t.debit > MAX_AMOUNT) return 'debit'
  if (typeof t.credit !== 'bigint' || t.credit <= 0n || t.credit > MAX_AMOUNT || t.credit === t.debit) return 'credit'
  if (typeof t.amount !== 'bigint' || t.amount < 0n || t.amount > MAX_AMOUNT) return 'amount'
  if ((t.amount === 0n) !== (step === 'void')) return 'amount'
  if (ends !== (t.pendingId !== undefined)) return 'pendingId'
  if (t.pendingId !== undefined && !UUID.test(t.pendingId)) return 'pendingId'
  if (reverses !== (t.reverses !== undefined)) return 'reverses'
  if (t.reverses !== undefined && !UUID.test(t.reverses)) return 'reverses'
  if (t.postLimit !== undefined) {
    const inRange = typeof t.postLimit === 'bigint' && t.postLimit >= t.amount && t.postLimit <= MAX_AMOUNT
    if (step !== 'hold' || !inRange) return 'postLimit'
  }
  if (t.timeoutMs !== undefined) {
    const inRange = Number.isSafeInteger(t.timeoutMs) && t.timeoutMs >= 1 && t.timeoutMs <= MAX_TIMEOUT_MS
    if (step !== 'hold' || !inRange) return 'timeoutMs'
  }
  if (t.reference !== undefined) {
    const tooLong = typeof t.reference !== 'string' || t.reference.length > MAX_REFERENCE_CHARACTERS
    // PostgreSQL's text holds no NUL, and half a surrogate pair would come back changed.
    if (tooLong || t.reference.includes('\0') || !t.reference.isWellFormed()) return 'reference'
  }
  return undefined
}

/**
 * Checks a chain before it may share a batch with others.
 * @returns the shard that the whole chain lives on.
 * @throws ledger.bad-transfer with the place and field, ledger.cross-shard
 */
export function checkChain(chain: readonly TransferRequest[]): number {
  if (chain.length === 0 || chain.length > MAX_CHAIN) {
    throw ledgerErrors.error('bad-transfer', { field: 'chain', length: chain.length, most: MAX_CHAIN })
  }
  const ids = new Set<string>()
  for (const [index, transfer] of chain.entries()) {
    const field = ids.has(transfer.id) ? 'id' : wrongField(transfer)
    if (field !== undefined) throw ledgerErrors.error('bad-transfer', { field, index })
    ids.add(transfer.id)
  }
  const shard = shardOfAccount((chain[0] as TransferRequest).debit)
  for (const [index, { debit, credit }] of chain.entries()) {
    if (shardOfAccount(debit) !== shard || shardOfAccount(credit) !== shard) {
      throw ledgerErrors.error('cross-shard', { shard, index })
    }
  }
  return shard
}
