import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestSite, SITE_ORG, siteMigrations, type TestSite } from './testing/test-site.ts'

const COUNT = 1_000
const HOLD = { part: 'hold', asset: 'BTT', amount: '2.500000' }
const PAID = [
  { part: 'base-pay', asset: 'BTT', amount: '1.700000' },
  { part: 'fee', asset: 'BTT', amount: '0.300000' },
  { part: 'refund', asset: 'BTT', amount: '0.500000' },
]

let db: TestDatabase
let site: TestSite
/** A thousand orders: every tenth refused, half of the rest settled, the others still held. */
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: siteMigrations, maxConnections: 4 })
  site = createTestSite({ db, hubUrl: 'http://127.0.0.1:9' })
  const view = (money: { [key: string]: string }[]) => ({ state: 'queued', updatedAt: 1, placement: [], money })
  await db.owner`
    INSERT INTO orders.job_order (order_id, org_id, person_id, study_id, series_id, workload, version, workload_digest,
      urgency, purpose, data_class, tier, jurisdictions, max_price, requested_by, created_at_ms, state, state_at_ms,
      next_try_ms, job_id, problem, job_view)
    SELECT 'ord_' || lpad(n::text, 26, '0'), ${SITE_ORG}, 'per_1', 'stu_' || n % 7, 'ser_1', 'imaging.ct.lung-density',
      '1.0.0', repeat('a', 64), CASE WHEN n % 5 = 0 THEN 'stat' ELSE 'routine' END, 'care', 'imaging.chest', 1,
      ARRAY['CN'], '5.00', 'usr_1', n / 3, s.state, n, 4e15::bigint, 'job_' || n,
      CASE WHEN s.state = 'refused' THEN 'consent.none' END,
      CASE s.state WHEN 'refused' THEN NULL WHEN 'settled' THEN ${db.owner.json(view(PAID))}::jsonb
        ELSE ${db.owner.json(view([HOLD]))}::jsonb END
    FROM generate_series(1, ${COUNT}) AS n,
      LATERAL (SELECT CASE WHEN n % 10 = 0 THEN 'refused' WHEN n % 2 = 0 THEN 'settled' ELSE 'ordered' END AS state) AS s`
})
afterAll(async () => {
  site.remove()
  await db.drop()
})

describe('a thousand orders', () => {
  test('are read page by page, newest first, each once, though many have one time', async () => {
    const seen: string[] = []
    let before: string | undefined
    do {
      const page = await site.orders.list({ limit: 150, ...(before ? { before } : {}) })
      expect(page.total).toBe(COUNT)
      seen.push(...page.orders.map(({ orderId }) => orderId))
      before = page.next
    } while (before)
    expect(seen.length).toBe(COUNT)
    expect(new Set(seen).size).toBe(COUNT)
    expect(seen).toEqual([...seen].sort().reverse())
  })

  test('are filtered by what they ask for, and the count is of the filter', async () => {
    const total = async (query: Parameters<TestSite['orders']['list']>[0]) => (await site.orders.list(query)).total
    expect(await total({ show: 'attention' })).toBe(100)
    expect(await total({ show: 'settled' })).toBe(400)
    expect(await total({ show: 'open' })).toBe(500)
    expect(await total({ show: 'ended' })).toBe(500)
    expect(await total({ urgency: 'stat' })).toBe(200)
    expect(await total({ studyId: 'stu_3' })).toBe(143)
    expect(await total({ find: 'job_777' })).toBe(1)
    const [refused] = (await site.orders.list({ show: 'attention', limit: 1 })).orders
    expect(refused?.problemText?.title.en).toBe('The patient has given no consent')
    expect(refused?.cost.state).toBe('none')
  })

  test('are summed exactly: what was paid since a time, and what is held now', async () => {
    expect(await site.orders.summarise(0)).toEqual({
      ...{ open: 500, attention: 100, settled: 400, total: COUNT },
      spend: [{ asset: 'BTT', paid: '800.000000', orders: 400, held: '1250.000000', holding: 500 }],
    })
    const late = await site.orders.summarise(901)
    expect(late.spend).toEqual([{ asset: 'BTT', paid: '80.000000', orders: 40, held: '1250.000000', holding: 500 }])
  })
})
