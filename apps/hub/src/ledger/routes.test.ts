import type { Actor } from '@bithive/kernel/actor'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createSeededRandomness } from '@bithive/kernel/randomness'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NETWORK } from './account-id.ts'
import { requireBooked } from './read-result.ts'
import { createLedgerRoutes } from './routes.ts'
import { BalancesAnswer, EntriesAnswer, TrialBalanceAnswer } from './schema.ts'
import { type Lab, openLab } from './test-ledger.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
  await lab.fund('org_a', 1_250n)
  const { account, move, ledger } = lab
  const legs = { debit: account('org_a'), credit: account(NETWORK, 'treasury'), reference: 'job_1' }
  requireBooked(await ledger.submit([move({ ...legs, amount: 250n, code: 'redeem' })]))
})
afterAll(() => lab.db.drop())

/** Asks as this actor; without one, as nobody. */
async function ask(path: string, actor?: Partial<Actor>) {
  const { ledger, clock } = lab
  const app = createHttp({
    log: silentLog,
    clock,
    ids: createIds({ clock, randomness: createSeededRandomness(1n) }),
    authenticate: async () => (actor ? { id: 'per_1', kind: 'person', orgId: '', roles: [], ...actor } : undefined),
  })
  app.route('/', createLedgerRoutes({ ledger }))
  const response = await app.request(path)
  return { status: response.status, body: await response.json() }
}

describe('the routes of the ledger', () => {
  test('show an organisation its own balances, summed over the shards', async () => {
    const { status, body } = await ask('/ledger/balances', { orgId: 'org_a' })
    expect(status).toBe(200)
    const { balances } = BalancesAnswer.parse(body)
    expect(balances).toHaveLength(1)
    expect(balances[0]).toMatchObject({ asset: 'CNY', kind: 'holder', posted: '22.50', available: '22.50' })
    expect(balances[0]?.shards.map((one) => one.posted)).toEqual(['10.00', '12.50'])
  })

  test('show an organisation its own entries, page by page', async () => {
    const first = EntriesAnswer.parse((await ask('/ledger/entries?limit=1&asset=CNY', { orgId: 'org_a' })).body)
    expect(first.entries).toHaveLength(1)
    const path = `/ledger/entries?limit=10&after=${first.next}`
    const rest = EntriesAnswer.parse((await ask(path, { orgId: 'org_a' })).body)
    const all = [...first.entries, ...rest.entries]
    expect(all).toHaveLength(3)
    expect(rest.next).toBeUndefined()
    expect(all.find((entry) => entry.direction === 'out')).toMatchObject({
      amount: '2.50',
      postedAfter: '10.00',
      code: 'redeem',
      text: { zh: '交回网络', en: 'Given back to the network' },
      reference: 'job_1',
    })
  })

  test('show a stranger nothing, and take no owner from the query', async () => {
    expect((await ask('/ledger/balances', { orgId: 'org_stranger' })).body).toEqual({ balances: [] })
    expect((await ask('/ledger/entries', { orgId: 'org_stranger' })).body).toEqual({ entries: [] })
    expect((await ask('/ledger/entries?owner=org_a', { orgId: 'org_stranger' })).status).toBe(422)
  })

  test('ask for sign-in, an organisation, and for the trial balance the operator', async () => {
    for (const path of ['/ledger/balances', '/ledger/entries', '/ledger/trial-balance']) {
      expect((await ask(path)).status, path).toBe(401)
      expect((await ask(path, { orgId: '' })).status, path).toBe(403)
    }
    expect((await ask('/ledger/trial-balance', { orgId: 'org_a', roles: ['admin'] })).status).toBe(403)
    const { body } = await ask('/ledger/trial-balance', { orgId: 'org_operator', roles: ['operator'] })
    const answer = TrialBalanceAnswer.parse(body)
    expect(answer).toMatchObject({ balanced: true, stopped: [] })
    expect(answer.lines.every((line) => line.difference === '0.00')).toBe(true)
  })

  test('refuse a wrong query by its field', async () => {
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'asset=cny']) {
      expect((await ask(`/ledger/entries?${query}`, { orgId: 'org_a' })).status, query).toBe(422)
    }
    const wrong = await ask('/ledger/entries?after=zzz', { orgId: 'org_a' })
    expect(wrong.body).toMatchObject({ status: 400, code: 'ledger.bad-cursor' })
  })
})
