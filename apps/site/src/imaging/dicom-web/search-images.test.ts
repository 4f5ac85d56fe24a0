import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { indexInstance } from '../dicom-index.ts'
import { editElements } from '../edit-elements.ts'
import { type SampleStudy, sampleFiles } from '../sample-scanner.ts'
// biome-ignore lint/style/noRestrictedImports: the tests of this room share one set of rooms below it.
import { createTestImaging, ORG, rooms, type TestImaging } from '../testing/test-imaging.ts'

type Matches = Record<string, { vr: string; Value?: (string | number | { Alphabetic?: string })[] }>[]

let db: TestDatabase
let site: TestImaging
let ct: SampleStudy
let mr: SampleStudy

beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms })
  site = createTestImaging(db)
  const studies = await sampleFiles('search')
  ct = studies[0] as SampleStudy
  mr = studies[1] as SampleStudy
  for (const bytes of ct.files) await site.imaging.registerInstance(bytes, { actorId: 'system' })
  for (const bytes of mr.files.slice(0, 5)) await site.imaging.registerInstance(bytes, { actorId: 'system' })
})
afterAll(async () => {
  await site.remove()
  await db.drop()
})

async function search(path: string) {
  const response = await site.app.request(`/dicom-web${path}`)
  const text = await response.text()
  return { response, text, matches: (response.status === 200 ? JSON.parse(text) : []) as Matches }
}

const values = (matches: Matches, tag: string) => matches.map((match) => match[tag]?.Value?.[0])
const uids = async (query: string) => values((await search(`/studies?${query}`)).matches, '0020000D').sort()
const both = () => [ct.studyInstanceUid, mr.studyInstanceUid].sort()

describe('searching studies by QIDO-RS', () => {
  test('every study comes with the attributes that table 10.6.3-3 asks for', async () => {
    const { response, matches } = await search(`/studies?StudyInstanceUID=${ct.studyInstanceUid}`)
    expect(response.headers.get('content-type')).toBe('application/dicom+json')
    expect(matches).toHaveLength(1)
    const [match] = matches
    const { header } = indexInstance(ct.files[0] as Uint8Array)
    expect(match).toMatchObject({
      '00080020': { vr: 'DA', Value: [header.studyDate] },
      '00080050': { vr: 'SH', Value: [ct.patient.accessionNumber] },
      '00080061': { vr: 'CS', Value: ['CT'] },
      '00081190': { vr: 'UR', Value: [`/dicom-web/studies/${ct.studyInstanceUid}`] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Sample Lin^Yuqing', Ideographic: '样例林^雨晴' }] },
      '00100020': { vr: 'LO', Value: [ct.patient.patientId] },
      '00201206': { vr: 'IS', Value: [1] },
      '00201208': { vr: 'IS', Value: [1] },
    })
  })

  test.each([
    ['PatientName=sample*', 2],
    ['PatientName=*样例赵*', 1],
    ['PatientName=Sample+L?n^Yuqing', 1],
    ['PatientName=L?n', 0],
    ['00100010=Sample*Zhao*', 1],
    ['PatientBirthDate=19570312', 1],
    ['PatientBirthDate=19570101-19591231', 1],
    ['PatientBirthDate=-19600101', 1],
    ['PatientBirthDate=19600101-', 1],
    ['PatientSex=F', 1],
    ['ModalitiesInStudy=CT', 1],
    ['ModalitiesInStudy=C?', 1],
    ['ModalitiesInStudy=US', 0],
    ['StudyDate=19000101-', 2],
    ['StudyDate=29990101-', 0],
    ['AccessionNumber=', 2],
    ['AccessionNumber=none', 0],
    ['StudyInstanceUID=1.2.3', 0],
    ['StudyDescription=*mr*&PatientSex=M', 1],
    ['StudyDescription=*mr*&PatientSex=F', 0],
  ])('%s finds %i', async (query, count) => {
    expect(await uids(query)).toHaveLength(count)
  })

  test('a list of UIDs finds each, also beside a UID that is not here', async () => {
    expect(await uids(`StudyInstanceUID=${both().join(',')},1.2.3`)).toEqual(both())
    expect(await uids(`0020000D=${encodeURIComponent(both().join('\\'))}`)).toEqual(both())
  })

  test('a wildcard is no expression: dots, brackets and stars in a row stay what they are', async () => {
    for (const hostile of ['(a+)+$', '.*', '[A-Z]*', '\\']) {
      expect(await uids(`PatientID=${encodeURIComponent(hostile)}`)).toEqual([])
    }
    expect(await uids(`PatientID=${'*'.repeat(500)}`)).toEqual(both())
  })

  test('limit and offset walk through all of them, and a warning says that there are more', async () => {
    const first = await search('/studies?limit=1')
    const second = await search('/studies?limit=1&offset=1')
    expect(first.response.headers.get('warning')).toContain('additional results')
    expect(second.response.headers.get('warning')).toBeNull()
    expect([...values(first.matches, '0020000D'), ...values(second.matches, '0020000D')].sort()).toEqual(both())
    expect((await search('/studies?limit=1&offset=2')).matches).toEqual([])
  })

  test('what cannot be matched is named in a warning; what is no attribute is refused', async () => {
    const known = await search('/studies?ReferringPhysicianName=x')
    expect(known.response.headers.get('warning')).toContain('00080090')
    expect(known.matches).toHaveLength(2)
    for (const query of ['NoSuchThing=1', 'limit=-1', 'limit=x', 'offset=1.5']) {
      const { response, text } = await search(`/studies?${query}`)
      expect([response.status, JSON.parse(text).code]).toEqual([400, 'imaging.bad-query'])
    }
  })

  test('the record says by what was searched and what was shown, never what was looked for', async () => {
    await search('/studies?PatientName=Sample+Lin*')
    const [row] = await db.owner<{ event: string }[]>`
      SELECT event FROM kernel.audit_event WHERE org_id = ${ORG} ORDER BY seq DESC LIMIT 1`
    const event = JSON.parse(row?.event ?? '{}')
    expect(event).toMatchObject({ action: 'imaging.searched', facts: { keys: '00100010', found: 1 } })
    expect(event.facts.shown).toMatch(/^stu_/)
    expect(row?.event).not.toContain('Lin')
  })
})

describe('searching series and instances', () => {
  test('series of a study', async () => {
    const { matches } = await search(`/studies/${mr.studyInstanceUid}/series?Modality=MR`)
    const uid = indexInstance(mr.files[0] as Uint8Array).header.seriesInstanceUid
    expect(matches).toMatchObject([
      { '00080060': { Value: ['MR'] }, '0020000E': { Value: [uid] }, '00201209': { Value: [5] } },
    ])
    expect((await search(`/studies/${mr.studyInstanceUid}/series?Modality=CT`)).matches).toEqual([])
  })

  test('instances of a study and of a series, in the order of their numbers', async () => {
    const wanted = mr.files.slice(0, 5).map((bytes) => indexInstance(bytes).header)
    const series = wanted[0]?.seriesInstanceUid
    for (const path of ['', `/series/${series}`]) {
      const { matches } = await search(`/studies/${mr.studyInstanceUid}${path}/instances`)
      expect(values(matches, '00080018')).toEqual(wanted.map((header) => header.sopInstanceUid))
      expect(matches[0]).toMatchObject({ '00280010': { vr: 'US', Value: [256] }, '00083002': { vr: 'UI' } })
      expect(matches[0]?.['00100010']).toBeUndefined()
    }
    const more = await search(`/studies/${mr.studyInstanceUid}/instances?InstanceNumber=3&includefield=00100010`)
    expect(values(more.matches, '00100010')).toEqual([expect.objectContaining({ Alphabetic: 'Sample Zhao^Mingyuan' })])
    expect((await search(`/studies/${mr.studyInstanceUid}/instances?includefield=all&limit=1`)).text).not.toContain(
      'BulkData',
    )
  })

  test('what is not here is 404', async () => {
    for (const path of ['/studies/1.2.3/series', '/studies/1.2.3/instances', '/studies/x y/series']) {
      expect((await search(path)).response.status).toBe(404)
    }
    expect((await search(`/studies/${ct.studyInstanceUid}/series/1.2.3/instances`)).response.status).toBe(404)
  })
})

describe('who may search', () => {
  test('a stranger organisation finds nothing here', async () => {
    for (const path of ['/studies', `/studies/${ct.studyInstanceUid}/series`]) {
      expect((await site.strangersApp.request(`/dicom-web${path}`)).status).toBe(404)
    }
  })

  test('who may not learn who a patient is sees the pseudonym and no number of the hospital', async () => {
    const technician = { id: 'usr_t', kind: 'person', orgId: ORG, roles: ['technician'] } as const
    const query = { keys: [], limit: 10, offset: 0, include: [], ignored: [] } as const
    const { matches } = await site.imaging.dicomWeb.searchStudies(technician, query, '')
    expect(JSON.stringify(matches)).not.toMatch(/Lin|Zhao|SMP|样例|19570312/)
    expect(matches.map((match) => match['00100020']?.Value?.[0])).toEqual([
      expect.stringMatching(/^BH-/),
      expect.stringMatching(/^BH-/),
    ])
    const asked = { ...query, keys: [{ tag: '00100020', value: ct.patient.patientId }] }
    expect((await site.imaging.dicomWeb.searchStudies(technician, asked, '')).matches).toEqual([])
  })

  test('a forgotten person is found by nobody', async () => {
    const gone = (await sampleFiles('search-forgotten'))[0] as SampleStudy
    const other = editElements(gone.files[0] as Uint8Array, [
      { path: [0x00100010], action: 'set', vr: 'PN', value: 'Gone^Person' },
    ])
    const { personId } = await site.imaging.registerInstance(other, { actorId: 'system' })
    expect(await uids('PatientName=Gone*')).toHaveLength(1)
    const officer = { id: 'usr_p', kind: 'person', orgId: ORG, roles: ['privacy-officer'] } as const
    await site.identifiers.forget(personId, officer, 'asked by the patient')
    expect(await uids('PatientName=Gone*')).toEqual([])
    expect((await search(`/studies/${gone.studyInstanceUid}/series`)).response.status).toBe(404)
  })
})
