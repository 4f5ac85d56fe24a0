import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAudit } from './audit.ts'
import { createManualClock } from './clock.ts'
import { createIds } from './ids.ts'
import { createSeededRandomness } from './randomness.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

let db: TestDatabase
const clock = createManualClock(Date.UTC(2026, 0, 1))
const ids = createIds({ clock, randomness: createSeededRandomness(7n) })
const event = (orgId: string, n: number) => ({
  orgId,
  actorId: 'per_a',
  action: 'imaging.open-study',
  resource: `study_${n}`,
  facts: { n, 理由: '会诊' },
})

beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub' })
})
afterAll(() => db?.drop())

async function chain(orgId: string, events: number) {
  const audit = createAudit({ db, clock, ids })
  await Promise.all(Array.from({ length: events }, (_, n) => audit.record(event(orgId, n))))
  return audit
}

describe('an audit chain', () => {
  test('holds what many callers record at once, in one gap-free order', async () => {
    const audit = await chain('org_many', 2500)
    const verdict = await audit.verify('org_many')
    expect(verdict).toEqual({ ok: true, events: 2500n, head: await audit.head('org_many') })
  })

  test('stays whole when two hubs write events of the same organisations at once', async () => {
    const hubs = [createAudit({ db, clock, ids }), createAudit({ db, clock, ids })]
    const writes = hubs.flatMap((audit, hub) =>
      Array.from({ length: 600 }, (_, n) => audit.record(event(`org_two_${(n + hub) % 3}`, n))),
    )
    await Promise.all(writes)
    const verdicts = await Promise.all([0, 1, 2].map((n) => hubs[0]?.verify(`org_two_${n}`)))
    expect(verdicts.map((verdict) => verdict?.ok && verdict.events)).toEqual([400n, 400n, 400n])
  })

  test('is empty and whole for an organisation without events', async () => {
    const audit = createAudit({ db, clock, ids })
    expect(await audit.verify('org_none')).toMatchObject({ ok: true, events: 0n })
  })

  const faults: { name: string; damage: (org: string) => Promise<unknown>; problem: string; seq: bigint }[] = [
    {
      name: 'an altered fact',
      damage: (org) =>
        db.owner`UPDATE kernel.audit_event SET event = replace(event, 'study_4', 'study_9')
          WHERE org_id = ${org} AND seq = 5`,
      problem: 'altered',
      seq: 5n,
    },
    {
      name: 'a deleted event',
      damage: (org) => db.owner`DELETE FROM kernel.audit_event WHERE org_id = ${org} AND seq = 5`,
      problem: 'missing',
      seq: 5n,
    },
    {
      name: 'a deleted tail',
      damage: (org) => db.owner`DELETE FROM kernel.audit_event WHERE org_id = ${org} AND seq > 8`,
      problem: 'missing',
      seq: 9n,
    },
    {
      name: 'two events that changed places',
      damage: (org) =>
        db.owner`UPDATE kernel.audit_event a SET event = b.event, hash = b.hash FROM kernel.audit_event b
          WHERE a.org_id = ${org} AND b.org_id = ${org} AND a.seq IN (3, 4) AND b.seq = 7 - a.seq`,
      problem: 'altered',
      seq: 3n,
    },
    {
      name: 'a tail cut off together with its head',
      damage: async (org) => {
        await db.owner`DELETE FROM kernel.audit_event WHERE org_id = ${org} AND seq > 8`
        await db.owner`UPDATE kernel.audit_head SET seq = 8 WHERE org_id = ${org}`
      },
      problem: 'head-differs',
      seq: 8n,
    },
    {
      name: 'a removed head',
      damage: (org) => db.owner`DELETE FROM kernel.audit_head WHERE org_id = ${org}`,
      problem: 'head-differs',
      seq: 0n,
    },
    {
      name: 'an event of another organisation, hash and all',
      damage: async (org) => {
        await chain('org_other', 1)
        await db.owner`UPDATE kernel.audit_event a SET event = b.event, hash = b.hash, prev_hash = b.prev_hash
          FROM kernel.audit_event b WHERE a.org_id = ${org} AND a.seq = 1 AND b.org_id = 'org_other' AND b.seq = 1`
      },
      problem: 'broken-link',
      seq: 1n,
    },
  ]
  for (const [index, fault] of faults.entries()) {
    test(`betrays ${fault.name}`, async () => {
      const org = `org_fault_${index}`
      const audit = await chain(org, 10)
      expect((await audit.verify(org)).ok).toBe(true)
      await fault.damage(org)
      expect(await audit.verify(org)).toEqual({ ok: false, seq: fault.seq, problem: fault.problem })
    })
  }

  test('betrays a chain rewritten whole, against a head that was published before', async () => {
    const audit = await chain('org_rewritten', 10)
    const anchor = await audit.head('org_rewritten')
    await audit.record(event('org_rewritten', 10))
    expect((await audit.verify('org_rewritten', anchor)).ok).toBe(true)
    await db.owner`DELETE FROM kernel.audit_event WHERE org_id = 'org_rewritten'`
    await db.owner`DELETE FROM kernel.audit_head WHERE org_id = 'org_rewritten'`
    await chain('org_rewritten', 11)
    expect((await audit.verify('org_rewritten')).ok).toBe(true)
    expect(await audit.verify('org_rewritten', anchor)).toEqual({ ok: false, seq: 10n, problem: 'anchor-differs' })
  })

  test('takes any well-formed text, and one bad event does not lose its neighbours', async () => {
    const audit = createAudit({ db, clock, ids })
    let expected = 0n
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }), async (texts) => {
        const writes = texts.map((text) => audit.record({ ...event('org_texts', 0), resource: text }))
        const settled = await Promise.allSettled(writes)
        expected += BigInt(settled.filter((one) => one.status === 'fulfilled').length)
        for (const [n, text] of texts.entries())
          expect(settled[n]?.status).toBe(text.includes('\0') ? 'rejected' : 'fulfilled')
      }),
      { numRuns: 30 },
    )
    expect(await audit.verify('org_texts')).toMatchObject({ ok: true, events: expected })
  })
})

describe('the roles', () => {
  test('may neither change nor delete an event, nor write one past the function', async () => {
    await chain('org_roles', 1)
    for (const sql of [db.app, db.worker]) {
      await expect(sql`UPDATE kernel.audit_event SET event = '{}'`).rejects.toMatchObject({ code: '42501' })
      await expect(sql`DELETE FROM kernel.audit_event`).rejects.toMatchObject({ code: '42501' })
      await expect(sql`UPDATE kernel.audit_head SET seq = 0`).rejects.toMatchObject({ code: '42501' })
      await expect(
        sql`INSERT INTO kernel.audit_event (org_id, seq, event, prev_hash, hash) VALUES ('x', 1, '{}', '', '')`,
      ).rejects.toMatchObject({ code: '42501' })
    }
  })

  test('show an organisation its own events only, and let it record only its own', async () => {
    await chain('org_mine', 2)
    await chain('org_theirs', 2)
    const rows = await db.asOrg('org_mine', (tx) => tx`SELECT DISTINCT org_id FROM kernel.audit_event`)
    expect([...rows]).toEqual([{ org_id: 'org_mine' }])
    expect((await db.app`SELECT 1 FROM kernel.audit_event`).length).toBe(0)
    const forge = (org: string) =>
      db.asOrg('org_mine', (tx) => tx`SELECT kernel.append_audit(ARRAY[${org}], ARRAY['{}'])`)
    await expect(forge('org_theirs')).rejects.toMatchObject({ code: '42501' })
    await expect(forge('org_mine')).resolves.toBeDefined()
  })
})
