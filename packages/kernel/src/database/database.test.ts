import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../testing.ts'

describe('a test database', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await createTestDatabase({ name: 'hub' })
  })
  afterAll(() => db?.drop())
  test('answers under both roles, and int8 is a bigint', async () => {
    const [app] = await db.app<{ who: string; n: bigint }[]>`SELECT current_user AS who, 1::int8 AS n`
    const [worker] = await db.worker<{ who: string }[]>`SELECT current_user AS who`
    expect([app, worker]).toEqual([{ who: 'hub_app', n: 1n }, { who: 'hub_worker' }])
  })

  test('a transaction that waits for itself is ended by the server after a minute, under both roles', async () => {
    for (const sql of [db.app, db.worker]) {
      const [row] = await sql<{ ms: string }[]>`
        SELECT setting AS ms FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'`
      expect(row?.ms).toBe('60000')
    }
  })
})
