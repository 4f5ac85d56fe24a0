import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createManualClock } from './clock.ts'
import { createParameters } from './parameters.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub' })
})
afterAll(() => db?.drop())

const clock = createManualClock(Date.UTC(2026, 0, 1))
const fee = { initial: 200n, min: 0n, max: 1_000n, unit: 'bp', description: { zh: '网络费率', en: 'Network fee' } }
const change = { name: 'fee', value: 250n, proposedBy: 'per_a', approvedBy: 'per_b', reason: 'costs rose' }

describe('a parameter', () => {
  test('starts at its initial value, changes with two people and a reason, and keeps its history', async () => {
    const parameters = createParameters({ db, clock })
    await parameters.define('fee', fee)
    await parameters.set(change)
    await clock.advance(1_000)
    await parameters.set({ ...change, value: 300n })
    await parameters.define('fee', { ...fee, initial: 100n })
    expect(await parameters.get('fee')).toBe(300n)
    const base = { proposedBy: 'per_a', approvedBy: 'per_b', reason: 'costs rose' }
    expect(await parameters.history('fee')).toEqual([
      { version: 1, previous: 200n, value: 250n, ...base, atMs: clock.now() - 1_000 },
      { version: 2, previous: 250n, value: 300n, ...base, atMs: clock.now() },
    ])
  })

  test('refuses what is out of bounds, proposed and approved alone, without reason, or unknown', async () => {
    const parameters = createParameters({ db, clock })
    await parameters.define('floor', { ...fee, initial: 5n })
    const bad = { ...change, name: 'floor' }
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => 'done',
        (error: { code: string }) => error.code,
      )
    expect(await code(parameters.set({ ...bad, value: 1_001n }))).toBe('parameters.out-of-bounds')
    expect(await code(parameters.set({ ...bad, value: -1n }))).toBe('parameters.out-of-bounds')
    expect(await code(parameters.set({ ...bad, approvedBy: ' PER_A ' }))).toBe('parameters.needs-two-people')
    expect(await code(parameters.set({ ...bad, proposedBy: '' }))).toBe('parameters.needs-two-people')
    expect(await code(parameters.set({ ...bad, reason: '  ' }))).toBe('parameters.reason-needed')
    expect(await code(parameters.set({ ...bad, name: 'none' }))).toBe('parameters.unknown')
    expect(await code(parameters.get('none'))).toBe('parameters.unknown')
    expect(await code(parameters.define('odd', { ...fee, initial: 2_000n }))).toBe('parameters.out-of-bounds')
    expect(await code(parameters.define('floor', { ...fee, initial: 7n, min: 6n }))).toBe('parameters.out-of-bounds')
    expect([await parameters.get('floor'), await parameters.history('floor')]).toEqual([5n, []])
  })

  test('loses no change when many are made at once', async () => {
    const parameters = createParameters({ db, clock })
    await parameters.define('busy', fee)
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => parameters.set({ ...change, name: 'busy', value: BigInt(n) })),
    )
    const history = await parameters.history('busy')
    expect(history.map((one) => one.version)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
    expect(history.slice(1).every((one, n) => one.previous === history[n]?.value)).toBe(true)
    expect(await parameters.get('busy')).toBe(history.at(-1)?.value)
  })

  test('cannot be set by the app role, and its history by nobody be changed', async () => {
    await createParameters({ db, clock }).define('locked', fee)
    await expect(db.app`UPDATE kernel.parameter SET value = 1`).rejects.toMatchObject({ code: '42501' })
    await expect(db.worker`UPDATE kernel.parameter_history SET value = 1`).rejects.toMatchObject({ code: '42501' })
    await expect(db.worker`DELETE FROM kernel.parameter_history`).rejects.toMatchObject({ code: '42501' })
    await expect(
      db.worker`INSERT INTO kernel.parameter_history VALUES ('locked', 9, 1, 1, 'per_a', 'PER_A', 'x', now())`,
    ).rejects.toMatchObject({ code: '23514' })
  })
})
