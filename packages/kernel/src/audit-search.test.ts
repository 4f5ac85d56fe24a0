import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAudit } from './audit.ts'
import { createAuditSearch } from './audit-search.ts'
import { createManualClock } from './clock.ts'
import { createIds } from './ids.ts'
import { createSeededRandomness } from './randomness.ts'
import { createRequestContext } from './request-context.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

const START = Date.UTC(2026, 0, 1)
let db: TestDatabase
const clock = createManualClock(START)
const context = createRequestContext()
const ids = createIds({ clock, randomness: createSeededRandomness(11n) })

beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub' })
  const audit = createAudit({ db, clock, ids, requestId: context.requestId })
  const note = (orgId: string, actorId: string, action: string, resource: string) =>
    context.run(`req_${resource}`, () => audit.record({ orgId, actorId, action, resource }))
  for (let n = 1; n <= 9; n++) {
    await note('org_a', `usr_${n % 2}`, n <= 4 ? 'members.invited' : 'members_invited', `thing_${n}`)
    await clock.advance(1_000)
  }
  await note('org_b', 'usr_1', 'members.invited', 'thing_1')
  await audit.record({ orgId: 'org_a', actorId: 'system', action: 'system.started', resource: 'house' })
})
afterAll(() => db?.drop())

const find = async (query: object) => {
  const page = await createAuditSearch({ db }).search({ orgId: 'org_a', limit: 50, ...query })
  return page.records.map(({ resource }) => resource)
}

describe('a search of the audit', () => {
  test('narrows by actor, action, beginning of an action, thing, request and time, newest first', async () => {
    expect(await find({ actorId: 'usr_0' })).toEqual(['thing_8', 'thing_6', 'thing_4', 'thing_2'])
    expect(await find({ action: 'members.invited', actorId: 'usr_1' })).toEqual(['thing_3', 'thing_1'])
    // The underscore of a LIKE pattern stands for any character, and must not here.
    expect(await find({ action: 'members_*' })).toEqual(['thing_9', 'thing_8', 'thing_7', 'thing_6', 'thing_5'])
    expect(await find({ resource: 'thing_7' })).toEqual(['thing_7'])
    expect(await find({ requestId: 'req_thing_3' })).toEqual(['thing_3'])
    expect(await find({ fromMs: START + 2_000, toMs: START + 4_000 })).toEqual(['thing_4', 'thing_3'])
  })

  test('gives pages that join without a gap, and never a record of another organisation', async () => {
    const search = createAuditSearch({ db })
    const first = await search.search({ orgId: 'org_a', limit: 4 })
    const second = await search.search({ orgId: 'org_a', limit: 20, ...(first.next ? { before: first.next } : {}) })
    expect([...first.records, ...second.records].map(({ seq }) => seq)).toEqual([
      10n,
      9n,
      8n,
      7n,
      6n,
      5n,
      4n,
      3n,
      2n,
      1n,
    ])
    expect(second.next).toBeUndefined()
    expect((await search.search({ orgId: 'org_b', limit: 20 })).records).toHaveLength(1)
  })

  test('notes no request for what the program does by itself', async () => {
    const [record] = (await createAuditSearch({ db }).search({ orgId: 'org_a', action: 'system.*', limit: 1 })).records
    expect(record).toMatchObject({ actorId: 'system', at: new Date(START + 9_000).toISOString() })
    expect(record).not.toHaveProperty('requestId')
  })

  test('lists every chain with its head', async () => {
    const search = createAuditSearch({ db })
    expect(await search.chains()).toMatchObject([
      { orgId: 'org_a', records: 10n },
      { orgId: 'org_b', records: 1n },
    ])
  })
})
