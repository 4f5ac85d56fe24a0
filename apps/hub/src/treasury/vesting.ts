import { invariant } from '@bithive/kernel/errors'

/** A grant's terms. Times are milliseconds since the Unix epoch or lengths in milliseconds. */
export type GrantTerms = {
  readonly amount: bigint
  readonly startAtMs: number
  /** Nothing vests before this has passed; then all steps so far vest at once. */
  readonly cliffMs: number
  readonly durationMs: number
  /** How often a further part vests. */
  readonly stepMs: number
}

/** The last step may be shorter than the others. */
export function stepsOf({ durationMs, stepMs }: Pick<GrantTerms, 'durationMs' | 'stepMs'>): number {
  invariant(durationMs > 0 && stepMs > 0 && stepMs <= durationMs, 'a grant lasts at least one step')
  return Math.ceil(durationMs / stepMs)
}

/** Steps that have passed at a moment: 0 before the start and before the cliff, never more than there are. */
export function stepAt(terms: GrantTerms, atMs: number): number {
  const elapsed = atMs - terms.startAtMs
  if (elapsed < 0 || elapsed < terms.cliffMs) return 0
  if (elapsed >= terms.durationMs) return stepsOf(terms)
  return Math.min(Math.floor(elapsed / terms.stepMs), stepsOf(terms))
}

/** When a step has passed; never before the cliff and never after the end. */
export function timeOfStep(terms: GrantTerms, step: number): number {
  const end = Math.min(step * terms.stepMs, terms.durationMs)
  return terms.startAtMs + Math.max(end, Math.min(terms.cliffMs, terms.durationMs))
}

/**
 * What has vested after so many steps, rounded down; after the last step it is the whole amount, so all that is
 * released adds up to the grant exactly.
 */
export function vestedAfter(terms: Pick<GrantTerms, 'amount' | 'durationMs' | 'stepMs'>, step: number): bigint {
  const steps = stepsOf(terms)
  invariant(step >= 0 && step <= steps, 'a step of this grant')
  return (terms.amount * BigInt(step)) / BigInt(steps)
}
