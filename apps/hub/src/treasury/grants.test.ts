import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listGrants, releasesOf } from './grant-store.ts'
import { viewGrantStatement } from './grant-view.ts'
import { releaseDue } from './grants.ts'
import { HOSPITAL, type Lab, OTHER, openTreasury } from './test-treasury.ts'

const DAY = 86_400_000
let lab: Lab
beforeEach(async () => {
  lab = await openTreasury()
})
afterEach(() => lab.close())

const grantBody = (change = {}) =>
  ({
    kind: 'grant',
    ...{ orgId: HOSPITAL, source: 'supporters', amount: '1000.000001', startAt: lab.clock.now() },
    ...{ cliffMs: 30 * DAY, durationMs: 100 * DAY, stepMs: 10 * DAY, revocable: true, ...change },
  }) as const
const codeOf = async (act: Promise<unknown>) =>
  act.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  )
const grant = async () => {
  const [row] = await listGrants(lab.db.worker, 1)
  if (!row) throw new Error('no grant')
  return row
}
const view = async () => (await viewGrantStatement(lab.room, lab.db.worker, await grant())).grant
const holder = async () => (await lab.has(HOSPITAL, 'BTT')).posted
const locked = async () => (await lab.has(`network:grant:${(await grant()).id}`, 'BTT', 'escrow')).posted

describe('a grant', () => {
  test('is locked whole, released by its schedule with a cliff, and adds up to the last unit', async () => {
    expect((await lab.agree(grantBody())).state).toBe('done')
    expect(await locked()).toBe(1_000_000_001n)
    await lab.clock.advance(30 * DAY - 1)
    await releaseDue(lab.room)
    expect(await holder()).toBe(0n)
    await lab.clock.advance(1)
    await releaseDue(lab.room)
    expect(await holder()).toBe(300_000_000n)
    await lab.clock.advance(45 * DAY)
    await Promise.all([releaseDue(lab.room), releaseDue(lab.room)])
    await releaseDue(lab.room)
    expect(await holder()).toBe(700_000_000n)
    expect(await view()).toMatchObject({
      vested: '700.000000',
      released: '700.000000',
      locked: '300.000001',
      state: 'running',
    })
    await lab.clock.advance(500 * DAY)
    await releaseDue(lab.room)
    expect([await holder(), await locked()]).toEqual([1_000_000_001n, 0n])
    expect(await view()).toMatchObject({ state: 'ended', released: '1000.000001', locked: '0.000000', nextAt: null })
    const releases = await releasesOf(lab.db.worker, (await grant()).id)
    expect(releases.map(({ fromStep, toStep }) => [fromStep, toStep])).toEqual([
      [0, 3],
      [3, 7],
      [7, 10],
    ])
    expect(await lab.balanced()).toBe(true)
  })

  test('that is revoked keeps what has vested and returns the rest, by two people, once', async () => {
    await lab.agree(grantBody())
    const before = (await lab.has('network:supporters', 'BTT', 'treasury')).posted
    await lab.clock.advance(55 * DAY)
    const { id } = await grant()
    expect((await lab.agree({ kind: 'revoke-grant', grantId: id })).state).toBe('done')
    expect((await lab.has('network:supporters', 'BTT', 'treasury')).posted - before).toBe(500_000_001n)
    await lab.clock.advance(500 * DAY)
    await releaseDue(lab.room)
    expect([await holder(), await locked()]).toEqual([500_000_000n, 0n])
    expect(await view()).toMatchObject({
      state: 'revoked',
      vested: '500.000000',
      released: '500.000000',
      returned: '500.000001',
      locked: '0.000000',
    })
    expect(await codeOf(lab.agree({ kind: 'revoke-grant', grantId: id }))).toBe('treasury.not-revocable')
  })

  test('that is not revocable is not revoked', async () => {
    await lab.agree(grantBody({ revocable: false }))
    expect(await codeOf(lab.agree({ kind: 'revoke-grant', grantId: (await grant()).id }))).toBe(
      'treasury.not-revocable',
    )
  })

  test('never takes back what was released when the clock is set back', async () => {
    await lab.agree(grantBody())
    await lab.clock.advance(55 * DAY)
    await releaseDue(lab.room)
    const back = { ...lab.room, clock: { ...lab.clock, now: () => lab.clock.now() - 54 * DAY } }
    await releaseDue(back)
    expect(await holder()).toBe(500_000_000n)
  })

  test('is refused when the source has not got it, or for an organisation that is not there', async () => {
    expect(await codeOf(lab.agree(grantBody({ amount: '9000000000' })))).toBe('treasury.insufficient-funds')
    expect(await codeOf(lab.agree(grantBody({ stepMs: 200 * DAY })))).toBe('treasury.bad-proposal')
  })

  test('is seen by its own supporter only', async () => {
    await lab.agree(grantBody())
    const seenBy = (org: string) => lab.db.asOrg(org, (tx) => listGrants(tx, 10))
    expect([(await seenBy(HOSPITAL)).length, (await seenBy(OTHER)).length]).toEqual([1, 0])
  })
})
