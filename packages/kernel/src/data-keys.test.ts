import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createManualClock } from './clock.ts'
import { createDataKeys } from './data-keys.ts'
import { systemRandomness } from './randomness.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site' })
})
afterAll(() => db?.drop())

const clock = createManualClock(Date.UTC(2026, 0, 1))
const first = randomBytes(32)
const keys = (master: Uint8Array) => createDataKeys({ db, master, randomness: systemRandomness, clock })
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )

describe('data keys', () => {
  test('open what they sealed, for this person and this place only', async () => {
    const sealed = await keys(first).encrypt('per_a', Buffer.from('林小溪'), 'name')
    expect(text(await keys(first).decrypt('per_a', sealed, 'name'))).toBe('林小溪')
    expect(Buffer.from(sealed).includes('林小溪')).toBe(false)
    await keys(first).encrypt('per_b', Buffer.from('x'), 'name')
    expect(await code(keys(first).decrypt('per_b', sealed, 'name'))).toBe('kernel.sealed-data-damaged')
    expect(await code(keys(first).decrypt('per_a', sealed, 'birth date'))).toBe('kernel.sealed-data-damaged')
    expect(await code(keys(first).decrypt('per_nobody', sealed, 'name'))).toBe('kernel.sealed-data-damaged')
  })

  test('betray every changed byte and every cut', async () => {
    const sealed = await keys(first).encrypt('per_a', Buffer.from('abc'), 'x')
    for (let at = 0; at < sealed.length; at++) {
      const altered = Uint8Array.from(sealed)
      altered[at] = (altered[at] as number) ^ 1
      expect(await code(keys(first).decrypt('per_a', altered, 'x')), `byte ${at}`).toBe('kernel.sealed-data-damaged')
      expect(await code(keys(first).decrypt('per_a', sealed.subarray(0, at), 'x'))).toBe('kernel.sealed-data-damaged')
    }
  })

  test('are made once for a person, however many ask at once', async () => {
    const writers = Array.from({ length: 20 }, () => keys(first))
    const sealed = await Promise.all(writers.map((one, n) => one.encrypt('per_rush', Buffer.from(`${n}`), 'x')))
    const opened = await Promise.all(sealed.map((bytes) => keys(first).decrypt('per_rush', bytes, 'x')))
    expect(opened.map(text)).toEqual(sealed.map((_, n) => `${n}`))
  })

  test('once destroyed open nothing, in another process neither, and are never made again', async () => {
    const [here, there] = [keys(first), keys(first)]
    const sealed = await here.encrypt('per_gone', Buffer.from('secret'), 'x')
    const [before] = await db.owner`SELECT wrapped FROM kernel.data_key WHERE person_id = 'per_gone'`
    await here.destroy('per_gone')
    await here.destroy('per_gone')
    expect(await code(there.decrypt('per_gone', sealed, 'x'))).toBe('kernel.person-forgotten')
    expect(await code(there.encrypt('per_gone', Buffer.from('again'), 'x'))).toBe('kernel.person-forgotten')
    expect(await here.forgotten()).toContain('per_gone')
    const rows = await db.owner`SELECT 1 FROM kernel.data_key WHERE wrapped = ${before?.wrapped}`
    expect(rows.length).toBe(0)
  })

  test('destroyed before first use are never made', async () => {
    await keys(first).destroy('per_never')
    expect(await code(keys(first).encrypt('per_never', Buffer.from('x'), 'x'))).toBe('kernel.person-forgotten')
  })

  test('another master opens nothing and may wrap nothing', async () => {
    const sealed = await keys(first).encrypt('per_a', Buffer.from('abc'), 'x')
    const other = keys(randomBytes(32))
    expect(await code(other.decrypt('per_a', sealed, 'x'))).toBe('kernel.wrong-master-key')
    expect(await code(other.encrypt('per_new', Buffer.from('x'), 'x'))).toBe('kernel.wrong-master-key')
    expect(await code(other.rewrap(randomBytes(32)))).toBe('kernel.wrong-master-key')
  })

  test('are all wrapped by the new master after a rotation, and the old one opens none of them', async () => {
    const own = await createTestDatabase({ name: 'site' })
    try {
      const make = (master: Uint8Array) => createDataKeys({ db: own, master, randomness: systemRandomness, clock })
      const [old, next] = [randomBytes(32), randomBytes(32)]
      const keeper = make(old)
      const people = Array.from({ length: 1203 }, (_, n) => `per_${n}`)
      const sealed = await Promise.all(people.map((person) => keeper.encrypt(person, Buffer.from(person), 'x')))
      await keeper.destroy('per_7')
      expect(await keeper.rewrap(next)).toBe(1202)
      const read = (one: ReturnType<typeof make>, n: number) =>
        code(one.decrypt(`per_${n}`, sealed[n] as Uint8Array, 'x'))
      expect([await read(keeper, 0), await read(make(next), 1202), await read(make(next), 7)]).toEqual([
        'done',
        'done',
        'kernel.person-forgotten',
      ])
      expect([await read(make(old), 0), await code(make(old).encrypt('per_late', Buffer.from('x'), 'x'))]).toEqual([
        'kernel.wrong-master-key',
        'kernel.wrong-master-key',
      ])
    } finally {
      await own.drop()
    }
  })

  test('are closed to the app role', async () => {
    await expect(db.app`SELECT 1 FROM kernel.data_key`).rejects.toMatchObject({ code: '42501' })
  })
})
