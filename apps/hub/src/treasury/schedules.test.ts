import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emissionOf, endedEpochs, overShards } from './emission-schedule.ts'
import { type FeeVersion, feeAt, sharesUnder } from './fees.ts'
import { isSensible } from './grants.ts'
import { type GrantTerms, stepAt, stepsOf, timeOfStep, vestedAfter } from './vesting.ts'

const terms: fc.Arbitrary<GrantTerms> = fc
  .tuple(fc.bigInt(1n, 10n ** 15n), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 1_000 }))
  .chain(([amount, steps, stepMs]) =>
    fc.record({
      amount: fc.constant(amount),
      startAtMs: fc.integer({ min: 0, max: 1_000 }),
      cliffMs: fc.integer({ min: 0, max: steps * stepMs }),
      // The last step may be cut short.
      durationMs: fc.integer({ min: (steps - 1) * stepMs + 1, max: steps * stepMs }),
      stepMs: fc.constant(stepMs),
    }),
  )
  .filter((one) => one.stepMs <= one.durationMs && one.cliffMs <= one.durationMs)

/** Obviously right: walks through time and counts. */
function twinStep({ startAtMs, cliffMs, durationMs, stepMs }: GrantTerms, atMs: number): number {
  if (atMs < startAtMs || atMs < startAtMs + cliffMs) return 0
  let steps = 0
  for (let end = stepMs; end - stepMs < durationMs; end += stepMs) {
    if (startAtMs + Math.min(end, durationMs) <= atMs) steps++
  }
  return steps
}

describe('vesting', () => {
  test('agrees with a twin that walks through time', () => {
    fc.assert(
      fc.property(terms, fc.integer({ min: -10, max: 70_000 }), (grant, at) => {
        expect(stepAt(grant, at)).toBe(twinStep(grant, at))
      }),
    )
  })

  test('whenever it is looked at, what was released adds up to what has vested, and at the end to the grant', () => {
    fc.assert(
      fc.property(terms, fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 12 }), (grant, looks) => {
        let written = 0
        let released = 0n
        for (const at of [...looks, grant.startAtMs + grant.durationMs]) {
          const step = Math.max(written, stepAt(grant, at))
          const due = vestedAfter(grant, step) - vestedAfter(grant, written)
          expect(due >= 0n).toBe(true)
          released += due
          written = step
          expect(released).toBe(vestedAfter(grant, step))
        }
        expect(released).toBe(grant.amount)
      }),
    )
  })

  test('nothing vests before the cliff, and a step has passed exactly at its time', () => {
    fc.assert(
      fc.property(terms, (grant) => {
        if (grant.cliffMs > 0) expect(stepAt(grant, grant.startAtMs + grant.cliffMs - 1)).toBe(0)
        const steps = stepsOf(grant)
        expect(stepAt(grant, timeOfStep(grant, steps))).toBe(steps)
        expect(stepAt(grant, timeOfStep(grant, 1))).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  test('a schedule that makes no sense is refused', () => {
    const day = 86_400_000
    const good = {
      orgId: 'o',
      source: 's',
      amount: 1n,
      startAtMs: 1,
      cliffMs: 0,
      durationMs: day,
      stepMs: day,
      revocable: true,
    }
    expect(isSensible(good)).toBe(true)
    for (const bad of [
      { amount: 0n },
      { stepMs: day + 1 },
      { stepMs: 1 },
      { cliffMs: day + 1 },
      { durationMs: 101 * 366 * day },
      { stepMs: 1.5 * 60_000.5 },
      { cliffMs: -1 },
    ]) {
      expect(isSensible({ ...good, ...bad })).toBe(false)
    }
  })
})

describe('emission', () => {
  const schedule = fc.record({
    firstAmount: fc.bigInt(0n, 10n ** 15n),
    periodEpochs: fc.bigInt(1n, 50n),
    keepBps: fc.bigInt(0n, 10_000n),
  })

  test('agrees with a twin that shrinks epoch by epoch, and never grows', () => {
    fc.assert(
      fc.property(schedule, (one) => {
        let amount = one.firstAmount
        for (let epoch = 0n; epoch < 120n; epoch++) {
          if (epoch > 0n && epoch % one.periodEpochs === 0n) amount = (amount * one.keepBps) / 10_000n
          expect(emissionOf(epoch, one)).toBe(amount)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('a clock that stands before the start has seen no epoch, and one set back has seen fewer', () => {
    expect(endedEpochs(1_000, 100, 999)).toBe(0n)
    expect(endedEpochs(1_000, 100, 1_099)).toBe(0n)
    expect(endedEpochs(1_000, 100, 1_100)).toBe(1n)
    expect(endedEpochs(1_000, 100, -5_000_000)).toBe(0n)
  })

  test('shared over shards, no unit is lost', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), fc.integer({ min: 1, max: 8 }), (amount, shards) => {
        const parts = overShards(
          amount,
          Array.from({ length: shards }, (_, shard) => shard),
        )
        expect(parts.reduce((sum, part) => sum + part.amount, 0n)).toBe(amount)
      }),
    )
  })
})

describe('the fee schedule', () => {
  const version = (value: bigint, effectiveFromMs: number, n: number): FeeVersion => ({
    ...{ name: 'compute.fee', version: n, value, effectiveFromMs },
    ...{ proposedBy: 'a', approvedBy: 'b', reason: 'r', atMs: 0 },
  })

  test('a version counts from its own moment on, and not before', () => {
    const versions = [version(700n, 1_000, 1), version(300n, 2_000, 2)]
    expect([0, 999, 1_000, 1_999, 2_000].map((at) => feeAt('compute.fee', versions, at))).toEqual([
      ...[500n, 500n, 700n, 700n, 300n],
    ])
  })

  test('shares always add up to the whole; the author takes at most the cap, whoever computes the rest', () => {
    const share = fc.integer({ min: 0, max: 5_000 })
    fc.assert(
      fc.property(
        share,
        fc.bigInt(0n, 2_000n),
        fc.bigInt(0n, 5_000n),
        fc.bigInt(0n, 2_000n),
        (royaltyBps, fee, royaltyCap, pool) => {
          const card = { basePayBps: 10_000 - royaltyBps, royaltyBps, feeBps: 0, poolBps: 0 }
          const shares = sharesUnder(card, { fee, royaltyCap, pool })
          const { basePayBps, feeBps, poolBps } = shares
          expect(basePayBps + shares.royaltyBps + feeBps + poolBps).toBe(10_000)
          expect(shares.royaltyBps).toBe(Math.min(royaltyBps, Number(royaltyCap)))
          expect(basePayBps).toBeGreaterThan(0)
        },
      ),
    )
  })
})
