import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sql } from '../database.ts'
import { createTestDatabase, type TestDatabase } from '../testing.ts'
import { copyIn, copyOut } from './copy.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub' })
  await db.owner`CREATE TABLE public.copied (id int PRIMARY KEY, body text CHECK (body <> 'never'))`
})
afterAll(() => db?.drop())

/** A transaction that is rolled back; `run` works on one session. */
async function inTransaction<T>(run: (session: Sql) => Promise<T>): Promise<T> {
  const session = (await db.owner.reserve()) as unknown as Sql & { release: () => void }
  await session`BEGIN`
  try {
    return await run(session)
  } finally {
    await session`ROLLBACK`
    session.release()
  }
}

async function* lines(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part)
}

test('a session goes on after copies out of every size, read whole or not', async () => {
  await inTransaction(async (session) => {
    for (let rows = 1; rows < 40_000; rows = Math.ceil(rows * 1.5)) {
      let bytes = 0
      const copy = `COPY (SELECT n, repeat('x', 40) FROM generate_series(1, ${rows}) n) TO STDOUT`
      for await (const part of copyOut(session, copy)) {
        bytes += part.length
        // A slow reader fills the stream, so that the socket is paused when the end arrives.
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
      expect(bytes).toBeGreaterThan(rows * 41)
      for await (const part of copyOut(session, copy)) {
        expect(part.length).toBeGreaterThan(0)
        break
      }
      expect([...(await session`SELECT 1 AS n`)]).toEqual([{ n: 1 }])
    }
  })
})

test('a copy out that fails says why, before the first row, soon after it or late', async () => {
  for (const row of [1, 2, 50, 5_000, 100_000]) {
    const read = inTransaction(async (session) => {
      const copy = `COPY (SELECT 1 / (${row} - n), repeat('x', 40) FROM generate_series(1, 200000) n) TO STDOUT`
      for await (const part of copyOut(session, copy)) expect(part.length).toBeGreaterThan(0)
    })
    await expect(read, `row ${row}`).rejects.toMatchObject({ code: '22012' })
  }
})

test('a copy in stores its rows', async () => {
  const rows = await inTransaction(async (session) => {
    await copyIn(session, 'COPY public.copied FROM STDIN', lines('1\ta\n2', '\tb\n', '3\t\\N\n'))
    return [...(await session`SELECT id, body FROM public.copied ORDER BY id`)]
  })
  expect(rows).toEqual([
    { id: 1, body: 'a' },
    { id: 2, body: 'b' },
    { id: 3, body: null },
  ])
})

test('a copy in that the server refuses says why, at the start, in the middle or at the end', async () => {
  const copy = (...parts: string[]) =>
    inTransaction((session) => copyIn(session, 'COPY public.copied FROM STDIN', lines(...parts)))
  const many = Array.from({ length: 30_000 }, (_, n) => `${n}\t${'y'.repeat(40)}\n`)
  await expect(copy('x\ta\n', ...many)).rejects.toMatchObject({ code: '22P02' })
  await expect(copy(...many, '7\ttwice\n', ...many)).rejects.toMatchObject({ code: '23505' })
  await expect(copy('1\tnever\n')).rejects.toMatchObject({ code: '23514' })
})

test('a copy in whose source fails stores nothing, and the session goes on', async () => {
  async function* failing() {
    yield Buffer.from('1\ta\n')
    throw new Error('source is gone')
  }
  const copy = inTransaction((session) => copyIn(session, 'COPY public.copied FROM STDIN', failing()))
  await expect(copy).rejects.toThrow('source is gone')
  expect((await db.owner`SELECT 1 FROM public.copied`).length).toBe(0)
})
