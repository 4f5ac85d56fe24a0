import { ReportDetail, ReportOverlay, Worklist } from '@bithive/api/reports'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { decodeRuns, findWorkload, writeBundle } from '@bithive/workloads'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { indexInstance } from '../imaging/index.ts'
// biome-ignore lint/style/noRestrictedImports: the site below orders, built once for the tests of both rooms.
import { registerSample } from '../orders/testing/sample-order.ts'
// biome-ignore lint/style/noRestrictedImports: the site below orders, built once for the tests of both rooms.
import { createTestSite, SITE_ORG, siteMigrations } from '../orders/testing/test-site.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: siteMigrations, maxConnections: 10 })
})
afterAll(() => db.drop())

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

let seeds = 0
const person = (id: string, ...roles: string[]) => ({ id, kind: 'person', orgId: SITE_ORG, roles }) as const
const ada = person('usr_ada', 'radiologist', 'clinician')
const bo = person('usr_bo', 'clinician')

/** A site with a computed and filed report over real images. */
async function setting(workload = 'imaging.ct.lung-density', key: 'ct-chest' | 'mr-head' = 'ct-chest') {
  const site = createTestSite({ db, hubUrl: 'http://127.0.0.1:9' })
  closing.push(site.remove)
  const series = await registerSample(site, key, `review-${++seeds}`)
  const { files } = await site.imaging.deidentifySeries(series.studyId, series.seriesId)
  const bundle = writeBundle(files.map((file) => ({ name: `${file.sopInstanceUid}.dcm`, bytes: file.bytes })))
  const { card, run } = findWorkload(workload)
  const result = await run({ bundle }, () => {}, new AbortController().signal)
  const { studyId, seriesId, personId } = series
  const orderId = site.ids.next('ord')
  const { reportId } = await site.reports.fileResult({ orderId, studyId, seriesId, personId, card, result })
  return { site, series, result, reportId, mapped: files }
}

describe('the detail of a report', () => {
  test('says what the result said: every figure, its unit, its region and the images of that', async () => {
    for (const [workload, key] of [
      ['imaging.ct.lung-density', 'ct-chest'],
      ['imaging.mr.brain-volume', 'mr-head'],
    ] as const) {
      const { site, series, result, reportId, mapped } = await setting(workload, key)
      const detail = ReportDetail.parse(await site.reports.detail(reportId, ada))
      const { header } = indexInstance(series.study.files[0] as Uint8Array)
      expect(detail).toMatchObject({
        ...{ workload, verification: 'UNVERIFIED', state: 'preliminary', personId: series.personId },
        ...{ studyInstanceUid: header.studyInstanceUid, seriesInstanceUid: header.seriesInstanceUid },
        review: { state: 'pending', history: [] },
      })
      const told = detail.findings.flatMap(({ segment, measurements }) =>
        measurements.map(({ concept, value, unit }) => ({ segment, code: concept.value, value, unit: unit.value })),
      )
      const drawn = new Set(detail.findings.map((finding) => finding.segment))
      const expected = result.measurements.map(({ concept, value, unit, segment }) => ({
        ...{ segment: drawn.has(segment ?? null) ? (segment ?? null) : null, code: concept.value },
        ...{ value, unit: unit.value },
      }))
      const sorted = (rows: typeof told) => rows.map((row) => JSON.stringify(row)).sort()
      expect(sorted(told)).toEqual(sorted(expected))
      // Each region lies on the hospital's own images, with as many pixels as the mask that came back.
      const originals = new Map(
        series.study.files.map((bytes, index) => [
          mapped[index]?.sopInstanceUid,
          indexInstance(bytes).header.sopInstanceUid,
        ]),
      )
      for (const segment of result.segments) {
        const finding = detail.findings.find((one) => one.segment === segment.number)
        const pixels = segment.frames.map(({ sopInstanceUid, runs }) => ({
          sopInstanceUid: originals.get(sopInstanceUid) as string,
          pixels: runs.reduce((sum, run, index) => sum + (index % 2 === 1 ? run : 0), 0),
        }))
        expect(finding?.label).toBe(segment.label)
        expect(finding?.images).toEqual(pixels.filter((one) => one.pixels > 0))
      }
    }
  })

  test('its overlay is the mask that came back, pixel by pixel', async () => {
    const { site, result, reportId } = await setting()
    const overlay = ReportOverlay.parse(await site.reports.overlay(reportId, ada))
    expect([overlay.rows, overlay.columns]).toEqual([512, 512])
    for (const segment of result.segments) {
      const drawn = overlay.segments.find((one) => one.number === segment.number)
      expect(drawn?.frames.map((frame) => decodeRuns(frame.runs, 512 * 512))).toEqual(
        segment.frames.map((frame) => decodeRuns(frame.runs, 512 * 512)),
      )
    }
  })

  test('is recorded before it is read, and refused to those who may not', async () => {
    const { site, reportId } = await setting()
    const before = (await site.audit.head(SITE_ORG)).seq
    await site.reports.detail(reportId, ada)
    await site.reports.overlay(reportId, ada)
    expect((await site.audit.head(SITE_ORG)).seq).toBe(before + 2n)
    const clerk = person('usr_clerk', 'registrar')
    await expect(site.reports.detail(reportId, clerk)).rejects.toMatchObject({ code: 'http.forbidden' })
    await expect(site.reports.overlay(reportId, clerk)).rejects.toMatchObject({ code: 'http.forbidden' })
  })
})

describe('judging a report', () => {
  const rejection = { verdict: 'rejected', reason: 'wrong-region', text: 'Includes the trachea' } as const

  test('a rejection with its reason is there for everybody who reads the report, and signs nothing', async () => {
    const { site, reportId } = await setting()
    const findings = [{ key: 's1', verdict: 'rejected' }] as const
    await site.reports.review(reportId, { ...rejection, findings: [...findings] }, ada)
    const detail = await site.reports.detail(reportId, bo)
    expect(detail.review).toMatchObject({
      state: 'rejected',
      history: [{ reviewerId: ada.id, ...rejection, findings, inForce: true }],
    })
    expect(detail.verification).toBe('UNVERIFIED')
    expect(detail.state).toBe('preliminary')
  })

  test('the same person saying the same is one record, also at once; saying another is a second, and both stay', async () => {
    const { site, reportId } = await setting()
    await Promise.all(Array.from({ length: 6 }, () => site.reports.review(reportId, rejection, ada)))
    expect((await site.reports.detail(reportId, ada)).review.history).toHaveLength(1)
    await site.reports.review(reportId, { verdict: 'accepted' }, ada)
    const { state, history } = (await site.reports.detail(reportId, ada)).review
    expect(state).toBe('accepted')
    expect(history.map(({ verdict, inForce }) => [verdict, inForce])).toEqual([
      ['rejected', false],
      ['accepted', true],
    ])
  })

  test('two people who differ are shown as differing, until they agree', async () => {
    const { site, reportId } = await setting()
    await site.reports.review(reportId, { verdict: 'accepted' }, bo)
    expect(await site.reports.review(reportId, rejection, ada)).toMatchObject({ state: 'disputed' })
    expect(await site.reports.review(reportId, rejection, bo)).toMatchObject({ state: 'rejected' })
  })

  test('the patient reads what came of it: looked at, not used, or judged in two ways', async () => {
    const { site, reportId, series } = await setting()
    const { personId } = series
    const said = async () => {
      const own = await site.reports.readOwn(reportId, { actorId: 'usr_patient', personId })
      const listed = await site.reports.ofPerson(personId, { limit: 10 })
      expect(listed.find((one) => one.reportId === reportId)?.stateText).toEqual(own.stateText)
      return own.stateText.zh
    }
    expect(await said()).toBe('初步报告，未经医师审核')
    await site.reports.review(reportId, { verdict: 'accepted' }, bo)
    expect(await said()).toBe('医生已看过，未签署')
    await site.reports.review(reportId, rejection, ada)
    expect(await said()).toBe('医生们对这份结果看法不一，未签署')
    await site.reports.review(reportId, rejection, bo)
    expect(await said()).toBe('医生没有采用这份结果')
  })

  test('no machine, no administrator and nobody without treating role judges', async () => {
    const { site, reportId } = await setting()
    const machine = { id: 'svc_1', kind: 'service', orgId: SITE_ORG, roles: ['clinician'] } as const
    for (const actor of [machine, person('usr_admin', 'admin'), person('usr_po', 'privacy-officer'), site.actor]) {
      await expect(site.reports.review(reportId, rejection, actor as never)).rejects.toMatchObject({
        code: 'http.forbidden',
      })
    }
    expect((await site.reports.detail(reportId, ada)).review.state).toBe('pending')
  })

  test('a finding that the report does not have is refused, and nothing is kept', async () => {
    const { site, reportId } = await setting()
    const request = { verdict: 'accepted', findings: [{ key: 's200', verdict: 'accepted' as const }] } as const
    await expect(
      site.reports.review(reportId, { ...request, findings: [...request.findings] }, ada),
    ).rejects.toMatchObject({
      code: 'reports.unknown-finding',
    })
    expect((await site.reports.detail(reportId, ada)).review.history).toEqual([])
  })

  test('nothing is kept when it cannot be recorded', async () => {
    const { site, reportId } = await setting()
    await db.owner`ALTER TABLE kernel.audit_event RENAME TO audit_event_gone`
    try {
      await expect(site.reports.review(reportId, rejection, ada)).rejects.toThrow()
    } finally {
      await db.owner`ALTER TABLE kernel.audit_event_gone RENAME TO audit_event`
    }
    expect((await site.reports.detail(reportId, ada)).review.history).toEqual([])
  })

  test('the words lie sealed, and go with the person; that somebody judged stays', async () => {
    const { site, series, reportId } = await setting()
    await site.reports.review(reportId, rejection, ada)
    const rows = async () =>
      db.owner<{ row: string; sealed: Uint8Array | null }[]>`
        SELECT r::text AS row, sealed FROM reports.review r WHERE report_id = ${reportId}`
    const [kept] = await rows()
    expect(kept?.row).not.toContain('trachea')
    expect(Buffer.from(kept?.sealed as Uint8Array).toString('latin1')).not.toContain('trachea')
    await site.identifiers.forget(series.personId, site.actor, 'asked by the patient')
    expect((await rows()).map((row) => row.sealed)).toEqual([null])
    await expect(site.reports.detail(reportId, ada)).rejects.toMatchObject({ code: 'reports.unknown' })
    await expect(site.reports.review(reportId, rejection, ada)).rejects.toMatchObject({ code: 'reports.not-ready' })
  })
})

describe('the worklist', () => {
  test('shows whose and what, and what came of the analyses, page by page', async () => {
    const { site, series, reportId } = await setting()
    const first = Worklist.parse(await site.reports.worklist({ limit: 1 }, ada))
    expect(first.rows).toHaveLength(1)
    expect(first.rows[0]).toMatchObject({
      studyId: series.studyId,
      patient: { name: series.study.patient.name, patientId: series.study.patient.patientId, sex: 'F' },
      modalities: ['CT'],
      reports: [{ reportId, review: 'pending' }],
    })
    await site.reports.review(reportId, { verdict: 'accepted' }, ada)
    expect((await site.reports.worklist({ limit: 1 }, ada)).rows[0]?.reports[0]?.review).toBe('accepted')
    const seen = new Set<string>()
    for (let next: string | null | undefined; next !== null; ) {
      const page = await site.reports.worklist({ limit: 2, ...(next ? { before: next } : {}) }, ada)
      for (const row of page.rows) seen.add(row.studyId)
      next = page.next
    }
    const [all] = await db.owner<{ n: number }[]>`SELECT count(*)::int AS n FROM imaging.study s
      JOIN identifiers.person p USING (person_id) WHERE p.forgotten_at_ms IS NULL`
    expect(seen.size).toBe(all?.n)
  })
})
