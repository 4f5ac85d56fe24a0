import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { indexInstance } from './dicom-index.ts'
import { editElements } from './edit-elements.ts'
import { sampleFile } from './sample-files.ts'
import { type SampleStudy, sampleFiles } from './sample-scanner.ts'
import { actor, createTestImaging, rooms, type TestImaging } from './testing/test-imaging.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms })
})
afterAll(() => db.drop())

let site: TestImaging
let seed = 0
let ct: SampleStudy
let mr: SampleStudy

beforeEach(async () => {
  site = createTestImaging(db)
  seed += 1
  const studies = await sampleFiles(`stow-${seed}`)
  ct = studies[0] as SampleStudy
  mr = studies[1] as SampleStudy
})
afterEach(() => site.remove())

describe('STOW-RS', () => {
  function request(parts: readonly Uint8Array[], path = '/dicom-web/studies', type = 'application/dicom') {
    const boundary = 'part-of-a-study'
    const head = Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\n\r\n`)
    const body = Buffer.concat([
      ...parts.flatMap((part) => [head, part, Buffer.from('\r\n')]),
      Buffer.from(`--${boundary}--\r\n`),
    ])
    const headers = { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}` }
    return site.app.request(path, { method: 'POST', headers, body })
  }
  type Answer = Record<string, { Value: Record<string, { Value: (string | number)[] }>[] }>

  test('all stored: 200, each named by its UIDs', async () => {
    const response = await request(mr.files.slice(0, 3))
    const answer = (await response.json()) as Answer
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/dicom+json')
    const stored = answer['00081199']?.Value.map((item) => item['00081155']?.Value[0])
    expect(stored).toEqual(mr.files.slice(0, 3).map((bytes) => indexInstance(bytes).header.sopInstanceUid))
    expect(answer['00081198']).toBeUndefined()
  })

  test('some refused: 202 with the reason of each', async () => {
    const [bytes] = ct.files as [Uint8Array]
    const other = editElements(bytes, [{ path: [0x00204000], action: 'set', vr: 'LT', value: 'other' }])
    const response = await request([bytes, other, Buffer.from('not dicom')])
    const answer = (await response.json()) as Answer
    expect(response.status).toBe(202)
    expect(answer['00081198']?.Value.map((item) => item['00081197']?.Value[0])).toEqual([0x0111, 0xc000])
  })

  test('another study than the address says: 409 and nothing stored', async () => {
    const response = await request(ct.files, '/dicom-web/studies/1.2.3.4')
    expect(response.status).toBe(409)
    expect(((await response.json()) as Answer)['00081198']?.Value[0]?.['00081197']?.Value).toEqual([0xa900])
    const uid = indexInstance(ct.files[0] as Uint8Array).header.studyInstanceUid
    expect((await request(ct.files, `/dicom-web/studies/${uid}`)).status).toBe(200)
  })

  test('other media types are 415, an unfinished body 400, and too much 413', async () => {
    expect((await request(ct.files, undefined, 'text/plain')).status).toBe(415)
    const json = await site.app.request('/dicom-web/studies', { method: 'POST', body: '{}' })
    expect(json.status).toBe(415)
    const headers = { 'content-type': 'multipart/related; type="application/dicom"; boundary=x' }
    const cut = await site.app.request('/dicom-web/studies', { method: 'POST', headers, body: '--x\r\nContent' })
    expect(cut.status).toBe(400)
    const huge = await site.app.request('/dicom-web/studies', {
      method: 'POST',
      headers: { ...headers, 'content-length': '999999999999' },
      body: '--x',
    })
    expect(huge.status).toBe(413)
  })

  test('a stranger organisation sees nothing here', async () => {
    const app = site.strangersApp
    for (const path of ['/studies', '/studies/stu_x']) expect((await app.request(path)).status).toBe(404)
    expect((await app.request('/dicom-web/studies', { method: 'POST' })).status).toBe(404)
  })

  test('the register can be listed', async () => {
    const { studyId } = await site.imaging.registerInstance(sampleFile('jpeg_2000'), { actorId: actor.id })
    const listed = (await (await site.app.request('/studies?limit=1')).json()) as { studies: { studyId: string }[] }
    expect(listed.studies).toHaveLength(1)
    expect((await (await site.app.request(`/studies/${studyId}`)).json()) as object).toMatchObject({
      studyId,
      images: 1,
    })
  })
})
