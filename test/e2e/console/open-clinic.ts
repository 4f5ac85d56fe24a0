import type { BrowserContext } from 'playwright-core'
import { expect } from 'vitest'
import { type OpenConsole, openConsole } from './open-console.ts'

export type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> }

/** A sample house seen by its radiologist, with what it holds of the patient of the chest CT. */
export type Clinic = {
  readonly house: OpenConsole
  readonly doctor: BrowserContext
  readonly own: {
    readonly personId: string
    readonly studyId: string
    readonly seriesId: string
    readonly reportId: string
    readonly consentId: string
    /** `YYYY-MM-DD` */
    readonly birthDate: string
  }
  readonly ask: (context: BrowserContext, method: string, path: string, data?: unknown) => Promise<Answer>
  /** The body of a success; anything else fails the test with what was answered. */
  readonly must: (context: BrowserContext, method: string, path: string, data?: unknown) => Promise<Answer['body']>
  readonly birthDateOf: (personId: string) => Promise<string>
}

type Study = { studyId: string; personId: string; series: { seriesId: string; modality: string }[] }

/** Opens it, and takes the sample's link away: tests walk the way there from its beginning. */
export async function openClinic(): Promise<Clinic> {
  const house = await openConsole()
  const ask: Clinic['ask'] = async (context, method, path, data) => {
    const options = { method, headers: { origin: house.url }, ...(data === undefined ? {} : { data }) }
    const answer = await context.request.fetch(`${house.url}${path}`, options)
    const text = await answer.text()
    const json = answer.headers()['content-type']?.includes('json') && text !== ''
    return { status: answer.status(), body: json ? JSON.parse(text) : {} }
  }
  const must: Clinic['must'] = async (context, method, path, data) => {
    const { status, body } = await ask(context, method, path, data)
    expect([method, path, status < 300, status < 300 ? '' : body]).toEqual([method, path, true, ''])
    return body
  }
  try {
    const doctor = (await house.page({ as: 'radiologist@sample.invalid' })).context()
    const birthDateOf = async (personId: string) => {
      const reason = '患者到窗口核对身份'
      const { birthDate } = await must(doctor, 'POST', `/site/v1/people/${personId}/reveal`, { reason })
      return String(birthDate).replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
    }
    const { studies } = await must(doctor, 'GET', '/site/v1/studies')
    const ct = (studies as Study[]).find(({ series }) => series[0]?.modality === 'CT')
    const { personId = '', studyId = '' } = ct ?? {}
    const { reports } = await must(doctor, 'GET', '/site/v1/reports')
    const report = (reports as { reportId: string; personId: string }[]).find((one) => one.personId === personId)
    const { consents } = await must(doctor, 'GET', `/site/v1/consents?personId=${personId}`)
    const [consent] = consents as { consentId: string }[]
    await must(doctor, 'DELETE', `/site/v1/people/${personId}/link`, { reason: 'walked anew' })
    const ids = { personId, studyId, seriesId: ct?.series[0]?.seriesId ?? '' }
    const made = { reportId: report?.reportId ?? '', consentId: consent?.consentId ?? '' }
    return { house, doctor, own: { ...ids, ...made, birthDate: await birthDateOf(personId) }, ask, must, birthDateOf }
  } catch (error) {
    await house.close()
    throw error
  }
}
