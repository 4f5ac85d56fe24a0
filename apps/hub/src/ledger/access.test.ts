import { sqlState } from '@bithive/kernel/database'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NETWORK } from './account-id.ts'
import { requireBooked } from './read-result.ts'
import { type Lab, openLab } from './test-ledger.ts'

let lab: Lab
let holdId: string
beforeAll(async () => {
  lab = await openLab()
  await lab.fund('org_a', 10_000n)
  await lab.fund('org_b', 10_000n)
  await lab.fund('org_stranger', 10_000n)
  const { ledger, account, move } = lab
  const legs = { debit: account('org_a'), credit: account('org_b') }
  const hold = move({ ...legs, step: 'hold', code: 'hold' })
  holdId = hold.id
  requireBooked(await ledger.submit([move(legs), hold]))
})
afterAll(() => lab.db.drop())

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'allowed',
    (error) => sqlState(error),
  )
/** SQLSTATE insufficient_privilege. */
const DENIED = '42501'

describe('row-level security', () => {
  test('an account is seen by its owner alone, and by nobody without an organisation', async () => {
    const { db } = lab
    const owners = (orgId: string) =>
      db.asOrg(orgId, async (tx) =>
        (await tx<{ owner: string }[]>`SELECT owner FROM ledger.account`).map((r) => r.owner),
      )
    expect(new Set(await owners('org_a'))).toEqual(new Set(['org_a']))
    expect(new Set(await owners('org_stranger'))).toEqual(new Set(['org_stranger']))
    expect(await owners('org_unknown')).toEqual([])
    expect(await db.app`SELECT id FROM ledger.account`).toHaveLength(0)
    expect(await db.app`SELECT id FROM ledger.transfer`).toHaveLength(0)
  })

  test('a transfer is seen through either account, with the same rows for both, and not by a stranger', async () => {
    const { db, account } = lab
    const between = (orgId: string) =>
      db.asOrg(
        orgId,
        (tx) => tx<{ id: string }[]>`
          SELECT id FROM ledger.transfer WHERE debit = ${account('org_a')} AND credit = ${account('org_b')} ORDER BY seq`,
      )
    const [a, b] = [await between('org_a'), await between('org_b')]
    expect(a).toHaveLength(2)
    expect(b.map((row) => row.id)).toEqual(a.map((row) => row.id))
    expect(await between('org_stranger')).toHaveLength(0)
    const holds = (orgId: string) => db.asOrg(orgId, (tx) => tx`SELECT 1 FROM ledger.hold WHERE pending_id = ${holdId}`)
    expect([(await holds('org_a')).length, (await holds('org_stranger')).length]).toEqual([1, 0])
  })

  test('nobody reads the balance of the other side from a transfer that both see', async () => {
    const { db, ledger } = lab
    expect(await refusal(db.asOrg('org_a', (tx) => tx`SELECT credit_after FROM ledger.transfer`))).toBe(DENIED)
    const entries = (await ledger.history({ owner: 'org_b' })).entries
    const received = entries.find((entry) => entry.code === 'own-move')
    expect(received).toMatchObject({ direction: 'in', amount: 100n, postedAfter: 10_100n })
    expect((await ledger.history({ owner: 'org_unknown' })).entries).toEqual([])
    expect(await ledger.balance('org_unknown', 'CNY')).toBeUndefined()
  })

  test('the worker role sees all of it', async () => {
    const [row] = await lab.db.worker<{ owners: bigint }[]>`
      SELECT count(DISTINCT owner) AS owners FROM ledger.account WHERE owner LIKE 'org_%'`
    expect(row?.owners).toBe(3n)
  })
})

describe('who may write', () => {
  test('neither role writes a table of the ledger: only the functions do', async () => {
    const tables = ['shard', 'asset', 'account', 'transfer', 'resolution', 'hold', 'stop']
    for (const sql of [lab.db.app, lab.db.worker]) {
      for (const table of tables) {
        expect(await refusal(sql.unsafe(`INSERT INTO ledger.${table} DEFAULT VALUES`)), table).toBe(DENIED)
        expect(await refusal(sql.unsafe(`DELETE FROM ledger.${table}`)), table).toBe(DENIED)
        expect(await refusal(sql.unsafe(`TRUNCATE ledger.${table}`)), table).toBe(DENIED)
      }
      expect(await refusal(sql`UPDATE ledger.account SET credits_posted = 1`)).toBe(DENIED)
      expect(await refusal(sql`UPDATE ledger.transfer SET amount = 1`)).toBe(DENIED)
      expect(await refusal(sql`UPDATE ledger.shard SET stopped = false`)).toBe(DENIED)
    }
  })

  test('the app role may not clear a stop, stop payouts or fence', async () => {
    const { app } = lab.db
    expect(await refusal(app`SELECT ledger.clear_stop(0, 1, 'a', 'b', 'c')`)).toBe(DENIED)
    expect(await refusal(app`SELECT ledger.stop_payouts(0, 1, '[]')`)).toBe(DENIED)
    expect(await refusal(app`SELECT ledger.fence(0)`)).toBe(DENIED)
    expect(await refusal(app`SELECT * FROM ledger.stop`)).toBe(DENIED)
  })

  test('the functions run as a role of their own that nobody signs in as', async () => {
    const rows = await lab.db.owner<{ owner: string; login: boolean; powers: boolean }[]>`
      SELECT DISTINCT r.rolname AS owner, r.rolcanlogin AS login,
        r.rolsuper OR r.rolbypassrls OR r.rolcreaterole AS powers
      FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
      WHERE p.pronamespace = 'ledger'::regnamespace AND p.prosecdef`
    expect(rows.map((row) => ({ ...row }))).toEqual([{ owner: 'hub_ledger', login: false, powers: false }])
  })

  test('a booked transfer is never changed or removed, not even by the owner of the table', async () => {
    const { owner } = lab.db
    expect(await refusal(owner`UPDATE ledger.transfer SET amount = 1`)).toBe('LG003')
    expect(await refusal(owner`DELETE FROM ledger.transfer`)).toBe('LG003')
    expect(await refusal(owner`TRUNCATE ledger.transfer`)).toBe('LG003')
    expect(await refusal(owner`DELETE FROM ledger.resolution`)).toBe('LG003')
    expect(await refusal(owner`DELETE FROM ledger.account`)).toBe('LG003')
  })

  test('a balance that breaks its limit cannot be stored, whoever writes it', async () => {
    const { owner } = lab.db
    const id = lab.account('org_a')
    const check = '23514'
    expect(await refusal(owner`UPDATE ledger.account SET debits_posted = 999999 WHERE id = ${id}`)).toBe(check)
    expect(await refusal(owner`UPDATE ledger.account SET debits_pending = -1 WHERE id = ${id}`)).toBe(check)
    const supply = lab.account(NETWORK, 'supply')
    expect(await refusal(owner`UPDATE ledger.account SET credits_posted = 999999 WHERE id = ${supply}`)).toBe(check)
  })
})
