import { createManualClock } from '@bithive/kernel/clock'
import type { Database, Sql } from '@bithive/kernel/database'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NETWORK, SHARDS } from './account-id.ts'
import { clearingOwner } from './clearing.ts'
import type { Ledger } from './create-ledger.ts'
import { type Lab, openLab } from './test-ledger.ts'

const clock = createManualClock(1_800_000_000_000)
let lab: Lab
beforeAll(async () => {
  lab = await openLab({ clock })
})
afterAll(() => lab.db.drop())

/** What an owner has on each shard, and what the clearing accounts of the pair hold: posted, and held either way. */
async function look(owner: string) {
  const [balance, clearing] = await Promise.all([
    lab.ledger.balance(owner, 'CNY'),
    lab.ledger.balance(clearingOwner(0, 1), 'CNY', 'clearing'),
  ])
  return {
    shards: balance?.shards.map(({ available }) => available),
    clearing: [clearing?.posted ?? 0n, clearing?.pendingIn ?? 0n, clearing?.pendingOut ?? 0n],
  }
}
const ZERO = [0n, 0n, 0n]

/** A database that fails from its nth use on, before the use or after it, as for a process that is killed there. */
function mortal(db: Database, at: number, when: 'before' | 'after') {
  let uses = 0
  let dead = false
  const use = async <T>(act: () => PromiseLike<T>): Promise<T> => {
    uses++
    if (dead || (uses === at && when === 'before')) dead = true
    if (dead) throw new Error('killed')
    const answer = await act()
    if (uses >= at) dead = true
    if (dead) throw new Error('killed')
    return answer
  }
  const wrap = (sql: Sql): Sql =>
    new Proxy(sql, {
      apply: (target, self, args) => {
        const query: PromiseLike<unknown> = Reflect.apply(target as never, self, args)
        if (typeof query?.then !== 'function') return query
        const then = query.then.bind(query) as PromiseLike<unknown>['then']
        // biome-ignore lint/suspicious/noThenProperty: a query is sent when it is waited for, and may die there.
        query.then = (ok: never, no: never) => use(() => new Promise((y, n) => void then(y, n))).then(ok, no) as never
        return query
      },
    })
  return {
    db: {
      ...db,
      app: wrap(db.app),
      worker: wrap(db.worker),
      asOrg: ((org, run) => use(() => db.asOrg(org, run))) as Database['asOrg'],
    },
    isDead: () => dead,
  }
}

describe('levelling between shards', () => {
  test('moves an owner’s money to where it is needed, once for one reference, and the clearing pair holds nothing', async () => {
    await lab.fund('org_level', 1000n)
    const request = { owner: 'org_level', asset: 'CNY', toShard: 1, amount: 400n, reference: 'job_1' }
    expect(await lab.ledger.level(request)).toBe(400n)
    expect(await lab.ledger.level(request)).toBe(400n)
    expect(await look('org_level')).toEqual({ shards: [600n, 1400n], clearing: ZERO })
    expect(await lab.ledger.level({ ...request, toShard: 0, amount: 9999n, reference: 'job_2' })).toBe(1400n)
    expect(await look('org_level')).toEqual({ shards: [2000n, 0n], clearing: ZERO })
    expect(await lab.ledger.checkBooks({ full: true })).toEqual([])
  })

  test('gathers only what is missing, and says no when all the money together is too little', async () => {
    await lab.fund('org_gather', 100n)
    const request = { owner: 'org_gather', asset: 'CNY', toShard: 0, reference: 'job_3' }
    expect(await lab.ledger.gather({ ...request, amount: 100n })).toBe('there')
    expect((await look('org_gather')).shards).toEqual([100n, 100n])
    expect(await lab.ledger.gather({ ...request, amount: 150n })).toBe('there')
    expect((await look('org_gather')).shards).toEqual([150n, 50n])
    expect(await lab.ledger.gather({ ...request, amount: 201n, reference: 'job_4' })).toBe('short')
    expect((await look('org_gather')).shards).toEqual([150n, 50n])
  })

  test('that cannot arrive is given back: a frozen or full account, and a leg whose time is over', async () => {
    const { ledger } = lab
    const [, there] = await lab.fund('org_stuck', 1000n)
    const request = { owner: 'org_stuck', asset: 'CNY', toShard: 1, amount: 10n, reference: 'job_5' }
    const place = { shard: 1, account: there as bigint }
    await ledger.restrict(place, { incoming: true, by: 'per_1', reason: 'a test' })
    expect(await ledger.level(request)).toBe(0n)
    await ledger.restrict(place, { incoming: false, maxBalance: 1005n, by: 'per_1', reason: 'a test' })
    expect(await ledger.level({ ...request, reference: 'job_6' })).toBe(0n)
    await ledger.restrict(place, { maxBalance: null, by: 'per_1', reason: 'a test' })
    // Killed once the first leg is held: five reads and writes open the accounts and book the leg.
    for (let at = 1; (await look('org_stuck')).shards?.[0] === 1000n; at++) {
      const dying = lab.another({ db: mortal(lab.db, at, 'after').db, attempts: 1 })
      await dying.level({ ...request, reference: `job_late_${at}` }).catch(() => {})
    }
    await clock.advance(31_000)
    await ledger.finishLevels()
    expect(await look('org_stuck')).toEqual({ shards: [1000n, 1000n], clearing: ZERO })
    expect(await ledger.checkBooks({ full: true })).toEqual([])
  })

  test.each(['before', 'after'] as const)(
    'killed at each reach to the database (%s it) ends with the money on one side and the clearing pair at zero',
    async (when) => {
      const owner = `org_killed_${when}`
      await lab.fund(owner, 100_000n)
      let [died, moved, before] = [0, 0, 100_000n]
      for (let at = 1; ; at++) {
        const world = mortal(lab.db, at, when)
        const hub: Ledger = lab.another({ db: world.db, attempts: 1 })
        const request = { owner, asset: 'CNY', toShard: at % 2, amount: 7n, reference: `kill_${at}` }
        await hub.level(request).catch(() => {})
        // Even turns wait for the time-out first, so that a decision which was taken must be found, not taken anew.
        if (at % 4 > 1) {
          await clock.advance(31_000)
          await lab.ledger.expireHolds()
        }
        for (let turn = 0; turn < 3; turn++) await lab.ledger.finishLevels()
        const now = await look(owner)
        expect({ at, clearing: now.clearing, sum: now.shards?.reduce((a, b) => a + b) }).toEqual({
          at,
          clearing: ZERO,
          sum: 200_000n,
        })
        if (now.shards?.[0] !== before) moved++
        before = now.shards?.[0] ?? 0n
        if (!world.isDead()) break
        died++
      }
      process.stdout.write(`levels killed ${when} ${died} reaches\n`)
      expect(died).toBeGreaterThan(6)
      expect(moved).toBeGreaterThan(2)
      expect(moved).toBeLessThan(died + 1)
      expect(await lab.ledger.checkBooks({ full: true })).toEqual([])
    },
    60_000,
  )

  test('by several hubs at once under one reference moves once', async () => {
    await lab.fund('org_race', 1000n)
    const request = { owner: 'org_race', asset: 'CNY', toShard: 1, amount: 300n, reference: 'job_race' }
    const hubs = Array.from({ length: 4 }, () => lab.another())
    await Promise.all(hubs.map((hub) => hub.level(request)))
    await lab.ledger.finishLevels()
    expect(await look('org_race')).toEqual({ shards: [700n, 1300n], clearing: ZERO })
  })

  test('keeps every chain on one shard: a chain over two is refused as before', async () => {
    const [here, there] = await lab.fund('org_two', 10n)
    const chain = [
      lab.move({ debit: here as bigint, credit: lab.account(NETWORK, 'fee', 0), amount: 1n }),
      lab.move({ debit: there as bigint, credit: lab.account(NETWORK, 'fee', 1), amount: 1n }),
    ]
    await expect(lab.ledger.submit(chain)).rejects.toThrow('ledger.cross-shard')
    expect(SHARDS).toHaveLength(2)
  })
})
