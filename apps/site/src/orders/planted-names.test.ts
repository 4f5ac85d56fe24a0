import { Writable } from 'node:stream'
import { createLog } from '@bithive/kernel/log'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { sampleFiles } from '@bithive/site/sample-scanner'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { allow, lungOrder, registerSample } from './testing/sample-order.ts'
import { startTestHub } from './testing/test-hub.ts'
import { createTestSite, SITE_TOKEN, siteMigrations } from './testing/test-site.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: siteMigrations, maxConnections: 10 })
})
afterAll(() => db.drop())

/** Characters of the sample names in GB18030: the platform decodes it and does not encode it. */
function toGb18030(text: string): Buffer | undefined {
  const decoder = new TextDecoder('gb18030')
  const out: number[] = []
  for (const character of text) {
    if (character.charCodeAt(0) < 0x80) out.push(character.charCodeAt(0))
    else {
      const pair = gbPair(decoder, character)
      if (!pair) return undefined
      out.push(...pair)
    }
  }
  return Buffer.from(out)
}

function gbPair(decoder: TextDecoder, character: string): [number, number] | undefined {
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail !== 0x7f && decoder.decode(Uint8Array.of(lead, trail)) === character) return [lead, trail]
    }
  }
  return undefined
}

/** Every way in which a value could stand in bytes that leave; sealed bytes would match shorter ones by chance. */
function needles(value: string): Buffer[] {
  const gb = toGb18030(value)
  const little = Buffer.from(value, 'utf16le')
  const forms = [Buffer.from(value, 'utf8'), little, Buffer.from(little).swap16(), ...(gb ? [gb] : [])]
  const base64 = Buffer.from(Buffer.from(value).toString('base64').replace(/=+$/, ''))
  return [...forms, base64].filter((needle) => needle.length >= 6)
}

/** What was planted, in whole and in parts. */
function plantedValues(study: Awaited<ReturnType<typeof registerSample>>['study']): string[] {
  const { name, patientId, accessionNumber, birthDate } = study.patient
  const parts = name.split(/[=^]/)
  const date = [birthDate, birthDate.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3')]
  return [name, ...parts, patientId, accessionNumber, ...date, study.studyInstanceUid]
}

const found = (haystack: Uint8Array, values: readonly string[]) =>
  values.filter((value) => needles(value).some((needle) => Buffer.from(haystack).includes(needle)))

describe('planted patient values', () => {
  test('the scanner of this test finds a value in each encoding', () => {
    const values = ['样例林', '样例林^雨晴', 'SMP12345678']
    for (const value of values) {
      for (const needle of needles(value)) {
        expect(found(Buffer.concat([Buffer.from('before'), needle, Buffer.from('after')]), values)).toContain(value)
      }
    }
  })

  test('are in no header, body, plain bundle, log line or hub-bound fact of a whole order', async () => {
    const hub = await startTestHub({ token: SITE_TOKEN })
    const lines: Buffer[] = []
    const destination = new Writable({
      write: (chunk, _, done) => {
        lines.push(Buffer.from(chunk))
        done()
      },
    })
    const log = createLog({ level: 'debug', destination })
    const site = createTestSite({ db, hubUrl: hub.url, log })
    const series = await registerSample(site, 'ct-chest', 'planted')
    const mr = await registerSample(site, 'mr-head', 'planted')
    await allow(site, series.personId)
    await allow(site, mr.personId, { recipientKinds: ['hospital'] })
    const workers = startWorkers(site.orders.workers)
    try {
      const { orderId } = await site.orders.place(lungOrder(series), site.actor)
      const settled = async () => expect((await site.orders.explain(orderId)).order.state).toBe('settled')
      await vi.waitFor(settled, { timeout: 20_000 })
      hub.settings.recipient = { ownerKind: 'hospital', ownerOrgId: 'org_site' }
      const head = await site.orders.place({ ...lungOrder(mr), workload: 'imaging.mr.brain-volume' }, site.actor)
      const headSettled = async () => expect((await site.orders.explain(head.orderId)).order.state).toBe('settled')
      await vi.waitFor(headSettled, { timeout: 20_000 })
    } finally {
      await workers.stop()
      await hub.stop()
      site.remove()
    }
    const values = [...plantedValues(series.study), ...plantedValues(mr.study)]
    const originals = (await sampleFiles('planted')).flatMap((study) => study.files)
    // The values are really in what the scanner sent, or this test would prove nothing.
    expect(found(Buffer.concat(originals), values).length).toBeGreaterThanOrEqual(10)
    expect(hub.opened.map((bundle) => bundle.length > 100_000)).toEqual([true, true])
    for (const bundle of hub.opened) expect(found(bundle, values)).toEqual([])
    for (const { path, headers, body } of hub.seen) {
      expect(found(Buffer.concat([Buffer.from(path), Buffer.from(headers), body]), values)).toEqual([])
    }
    expect(lines.length).toBeGreaterThan(10)
    expect(found(Buffer.concat(lines), values)).toEqual([])
    const steps = await db.owner`SELECT s::text, o::text FROM orders.step s JOIN orders.job_order o USING (order_id)`
    expect(found(Buffer.from(JSON.stringify(steps)), values)).toEqual([])
  })
})
