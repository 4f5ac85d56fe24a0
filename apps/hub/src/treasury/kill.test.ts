import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NETWORK } from '../ledger/index.ts'
import { acceptQuote, resumeAccepted } from './accept-quote.ts'
import { openEntries } from './bank-store.ts'
import { resumeStatements } from './book-deposits.ts'
import { resumeProposals } from './carry-out-proposal.ts'
import { requestReference } from './funding.ts'
import { listGrants } from './grant-store.ts'
import { releaseDue } from './grants.ts'
import { emitDue, resumeEmission } from './issue-supply.ts'
import type { Room } from './ports.ts'
import { decide, propose } from './propose.ts'
import { quoteConversion } from './quote-conversion.ts'
import { createMortal, type Death } from './test-mortal.ts'
import { camt } from './test-statements.ts'
import { FINANCE, HOSPITAL, type Lab, OPERATOR, openTreasury, SECOND } from './test-treasury.ts'

let lab: Lab
beforeEach(async () => {
  lab = await openTreasury()
  await lab.hear()
})
afterEach(() => lab.close())

/** Every place is tried by `npm run soak:kill`; otherwise each fourth, so that the suite stays short. */
const STRIDE = process.env.BITHIVE_SOAK === '1' ? 1 : 4
const MODES = ['before', 'after'] as const

/** What the workers of another hub do once this one is gone, and some time has passed. */
async function recover(): Promise<void> {
  // Longer than a lease of an intent and than anybody is left alone.
  await lab.clock.advance(31_000)
  await lab.hear()
  await resumeAccepted(lab.room)
  await resumeProposals(lab.room, NETWORK)
  await resumeStatements(lab.room, NETWORK)
  await releaseDue(lab.room)
  await resumeEmission(lab.room, NETWORK)
  await lab.resume()
  await releaseDue(lab.room)
}

type Scenario = {
  /** Makes everything ready, then answers the act that may die. */
  readonly ready: (round: number) => Promise<(room: Room) => Promise<unknown>>
  /** Whoever asked asks again, as people and pages do. */
  readonly again?: (round: number) => Promise<unknown>
  /** The whole outcome: exactly as if nothing had died. */
  readonly expect: (rounds: bigint) => Promise<void>
}

/** Kills the act at every reach in turn, lets another hub go on, and compares the outcome each time. */
async function killAtEachReach(when: Death['when'], scenario: Scenario): Promise<number> {
  let died = 0
  for (let at = 1, round = 1; ; at += STRIDE, round++) {
    const act = await scenario.ready(round)
    const mortal = createMortal(lab.db, { at, when })
    const { room } = await lab.start(mortal.through).catch(() => ({ room: undefined }))
    // Deaths while the process itself starts touch nothing of ours: the act is then only made by whoever asks again.
    if (room) await act(room).catch(() => undefined)
    await recover()
    await scenario.again?.(round)
    await scenario.expect(BigInt(round))
    expect({ at, balanced: await lab.balanced(), findings: await lab.checks.run() }).toEqual({
      ...{ at, balanced: true, findings: [] },
    })
    if (!mortal.isDead()) break
    died++
  }
  process.stdout.write(`killed ${when} ${died} reaches\n`)
  return died
}

describe('a hub killed at any reach to the database', () => {
  test.each(MODES)(
    '(%s it happens) converts once over two shards, and nothing stays set aside',
    async (when) => {
      let quoteId = ''
      let owner = FINANCE
      const died = await killAtEachReach(when, {
        ready: async (round) => {
          // Each owner has 200 BTT on either shard and sells 300: both are needed.
          owner = { ...FINANCE, orgId: `org_round_${round}` }
          await lab.fund(owner.orgId, 10_000n)
          const order = { pair: 'BTT-CNY', side: 'sell-base', sell: 300_000_000n } as const
          quoteId = (await quoteConversion(lab.room, owner, order)).id
          return (room) => acceptQuote(room, owner, quoteId)
        },
        again: async () => {
          // An acceptance that died before it was written is made anew while the quote stands.
          expect((await acceptQuote(lab.room, owner, quoteId)).state).toBe('converted')
        },
        expect: async (rounds) => {
          expect(await lab.has(owner.orgId, 'BTT')).toEqual({ posted: 100_000_000n, held: 0n })
          const cny = await lab.ledger.balance(owner.orgId, 'CNY')
          expect(cny?.posted).toBe(14_895n)
          expect(cny?.shards.every(({ posted }) => posted > 0n)).toBe(true)
          const desk = await lab.has('network:desk', 'CNY', 'treasury')
          expect(desk).toEqual({ posted: 100_000_000n - rounds * 14_895n, held: 0n })
        },
      })
      expect(died).toBeGreaterThan(4)
    },
    240_000,
  )

  test.each(MODES)(
    '(%s it happens) books every deposit once, to whom it belongs',
    async (when) => {
      const bank = { kind: 'bank-account', account: 'CN00SAMPLE0001', currency: 'CNY', holder: 'h', bank: 'b' } as const
      await lab.agree(bank)
      const { reference } = await requestReference(lab.room, FINANCE)
      let file = ''
      const died = await killAtEachReach(when, {
        ready: async (round) => {
          const entries = [{ amount: '10.00', reference: reference as string }, { amount: '3.00' }]
          file = camt({ id: `S-${round}`, opening: `${(round - 1) * 13}.00`, entries })
          return (room) => lab.book(file, room)
        },
        again: () => lab.book(file),
        expect: async (rounds) => {
          expect((await lab.has(HOSPITAL, 'CNY')).posted).toBe(rounds * 1_000n)
          expect((await lab.has('network:suspense', 'CNY', 'treasury')).posted).toBe(rounds * 300n)
          expect((await openEntries(lab.db.worker, 1_000)).length).toBe(Number(rounds))
        },
      })
      expect(died).toBeGreaterThan(4)
    },
    240_000,
  )

  test.each(MODES)(
    '(%s it happens) locks, releases and revokes a grant once',
    async (when) => {
      const before = (await lab.has('network:supporters', 'BTT', 'treasury')).posted
      let proposal = ''
      const body = () =>
        ({
          kind: 'grant',
          ...{ orgId: HOSPITAL, source: 'supporters', amount: '100', revocable: true },
          ...{ startAt: lab.clock.now() - 450_000, cliffMs: 0, durationMs: 1_000_000, stepMs: 100_000 },
        }) as const
      const died = await killAtEachReach(when, {
        ready: async (round) => {
          const made = await propose(lab.room, OPERATOR, {
            body: body(),
            reason: 'why',
            requestKey: `grant-${round}-key`,
          })
          proposal = made.id
          return async (room) => {
            await decide(room, SECOND, { proposalId: proposal, approve: true })
            await releaseDue(room)
            const [grant] = await listGrants(room.db.worker, 1)
            const revoke = { kind: 'revoke-grant', grantId: grant?.id ?? '' } as const
            const asked = await propose(room, OPERATOR, {
              body: revoke,
              reason: 'why',
              requestKey: `revoke-${round}-key`,
            })
            await decide(room, SECOND, { proposalId: asked.id, approve: true })
          }
        },
        again: async (round) => {
          await decide(lab.room, SECOND, { proposalId: proposal, approve: true }).catch(() => undefined)
          await releaseDue(lab.room)
          const [grant] = await listGrants(lab.db.worker, 1)
          const revoke = { kind: 'revoke-grant', grantId: grant?.id ?? '' } as const
          const asked = await propose(lab.room, OPERATOR, {
            ...{ body: revoke, reason: 'why', requestKey: `revoke-${round}-key` },
          }).catch(() => undefined)
          if (asked) await decide(lab.room, SECOND, { proposalId: asked.id, approve: true }).catch(() => undefined)
          await recover()
        },
        expect: async (rounds) => {
          const grants = await listGrants(lab.db.worker, 1_000)
          expect(grants.map(({ state }) => state)).toEqual(grants.map(() => 'revoked'))
          expect(grants.length).toBe(Number(rounds))
          // What a grant had vested when it was revoked was released; all else is back where it came from.
          const vested = grants.reduce((sum, one) => sum + BigInt(one.revokedStep ?? 0) * 10_000_000n, 0n)
          expect((await lab.has(HOSPITAL, 'BTT')).posted).toBe(vested)
          expect((await lab.has('network:supporters', 'BTT', 'treasury')).posted).toBe(before - vested)
        },
      })
      expect(died).toBeGreaterThan(8)
    },
    240_000,
  )

  test.each(MODES)(
    '(%s it happens) issues every epoch once',
    async (when) => {
      const died = await killAtEachReach(when, {
        ready: async () => {
          await lab.clock.advance(86_400_000)
          return (room) => emitDue(room, NETWORK)
        },
        again: () => emitDue(lab.room, NETWORK),
        expect: async (rounds) => {
          expect((await lab.ledger.balance(NETWORK, 'BTT', 'pool'))?.posted).toBe(rounds * 5_000_000_000n)
          expect((await lab.has('network:rewards', 'BTT', 'treasury')).posted).toBe(rounds * 5_000_000_000n)
        },
      })
      expect(died).toBeGreaterThan(2)
    },
    240_000,
  )
})
