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

  test('a transaction that waits for itself is ended by the server, under both roles', async () => {
    for (const sql of [db.app, db.worker]) {
      const [row] = await sql<{ ms: string }[]>`
        SELECT setting AS ms FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'`
      expect(row?.ms).toBe('60000')
    }
    const stuck = db.app.begin(async (tx) => {
      await tx`SET LOCAL idle_in_transaction_session_timeout = 50`
      const [own] = await tx<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
      for (;;) {
        const [there] = await db.worker`SELECT 1 FROM pg_stat_activity WHERE pid = ${own?.pid ?? 0}`
        if (!there) break
      }
      await tx`SELECT 1`
    })
    await expect(stuck).rejects.toThrow()
    expect((await db.app<{ n: bigint }[]>`SELECT 1::int8 AS n`)[0]?.n).toBe(1n)
  })
})
