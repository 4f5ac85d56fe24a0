import type { DomainError } from '@bithive/kernel/errors'
import type { AccountId, AccountKind } from './account-id.ts'
import type { TransferCode } from './codes.ts'

/**
 * `move` at once; `hold` sets aside; `post` takes all or part of a hold and frees the rest; `void` frees all of it;
 * `reverse` gives a booked move or post back, at most its amount, once.
 */
export type TransferStep = 'move' | 'hold' | 'post' | 'void' | 'reverse'

/** The stored bits of each step. Bit 1 links a transfer with the next one of its chain. */
export const STEP_FLAGS: Readonly<Record<TransferStep, number>> = { move: 0, hold: 2, post: 4, void: 8, reverse: 16 }
export const LINKED = 1

export type TransferRequest = {
  /** A UUID made from what the transfer is for (`deterministicUuid`), so that asking twice moves once. */
  readonly id: string
  readonly debit: AccountId
  readonly credit: AccountId
  /** In the asset's smallest unit; above 0, and 0 for a void. A post names the accounts of its hold. */
  readonly amount: bigint
  readonly code: TransferCode
  readonly step?: TransferStep
  /** Post and void: the id of the hold. */
  readonly pendingId?: string
  /** Reversal: the id of what it reverses; debit and credit are exchanged. */
  readonly reverses?: string
  /** Hold: the most that its post may take, when that is more than the hold. The rest must be there at the post. */
  readonly postLimit?: bigint
  /** Hold: how long it stands before it may be expired, in milliseconds. Without it, it stands until it is ended. */
  readonly timeoutMs?: number
  /** The intent or object that the transfer belongs to: pseudonymous ids only, at most 200 characters. */
  readonly reference?: string
}

export type TransferOutcome =
  /** Booked now. `seq` is its place in the shard's feed. */
  | { readonly status: 'done'; readonly id: string; readonly seq: bigint }
  /** Booked before with the same fields: nothing changed. */
  | { readonly status: 'exists'; readonly id: string; readonly seq: bigint }
  /** Not booked, and nothing of its chain either. */
  | { readonly status: 'refused'; readonly id: string; readonly error: DomainError }
  /** The database did not answer: it may or may not be booked. Ask again with the same id; never with a new one. */
  | { readonly status: 'unknown'; readonly id: string; readonly error: DomainError }

/** One row of a shard's feed. */
export type Transfer = {
  readonly shard: number
  readonly seq: bigint
  readonly id: string
  readonly debit: AccountId
  readonly credit: AccountId
  readonly amount: bigint
  readonly step: TransferStep
  /** True when the next seq belongs to the same chain. */
  readonly linked: boolean
  readonly code: TransferCode | undefined
  readonly pendingId: string | undefined
  /** Reversal: the transfer that it gives back. */
  readonly reverses: string | undefined
  /** Post and void: the whole amount of the hold that was ended. */
  readonly pendingAmount: bigint | undefined
  readonly postLimit: bigint | undefined
  readonly timeoutMs: bigint | undefined
  readonly reference: string | undefined
  readonly atMs: number
}

/** What one account holds, in the smallest unit. `posted` and `available` are negative for a supply account. */
export type BalanceParts = {
  readonly posted: bigint
  readonly pendingOut: bigint
  readonly pendingIn: bigint
  /** What can be spent now: posted less what is held. */
  readonly available: bigint
}

export type Balance = BalanceParts & {
  readonly owner: string
  readonly asset: string
  readonly scale: number
  readonly kind: AccountKind
  readonly shards: readonly (BalanceParts & { readonly shard: number; readonly account: AccountId })[]
}

/** One line of an owner's account statement. */
export type Entry = {
  readonly shard: number
  readonly seq: bigint
  readonly id: string
  readonly account: AccountId
  readonly kind: AccountKind
  readonly asset: string
  readonly scale: number
  readonly direction: 'in' | 'out'
  readonly step: TransferStep
  readonly amount: bigint
  readonly pendingId: string | undefined
  readonly pendingAmount: bigint | undefined
  readonly code: TransferCode | undefined
  readonly reference: string | undefined
  readonly atMs: number
  readonly postedAfter: bigint
}
