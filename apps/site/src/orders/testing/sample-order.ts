import type { NewOrderInput } from '@bithive/api/orders'
import { sampleFiles } from '@bithive/site/sample-scanner'
import type { NewConsentInput } from '../../consent/index.ts'
import type { TestSite } from './test-site.ts'

const DAY = 86_400_000

export type SampleSeries = { readonly studyId: string; readonly seriesId: string; readonly personId: string }

/** Registers one of the sample scanner's studies at the site, as if a scanner had sent it. */
export async function registerSample(site: TestSite, key: 'ct-chest' | 'mr-head', seed: string) {
  const study = (await sampleFiles(seed)).find((one) => one.key === key)
  if (!study) throw new Error('no such sample study')
  let place: SampleSeries | undefined
  for (const bytes of study.files) {
    const { studyId, seriesId, personId } = await site.imaging.registerInstance(bytes, { actorId: 'system' })
    place = { studyId, seriesId, personId }
  }
  return { ...(place as SampleSeries), study }
}

/** Records that the person allows care on any kind of node in CN. */
export const allow = (site: TestSite, personId: string, changes: Partial<NewConsentInput> = {}) =>
  site.consent.record(
    {
      personId,
      purpose: 'care',
      dataClass: 'imaging',
      recipientKinds: ['home', 'hospital', 'computing-centre', 'data-centre'],
      jurisdictions: ['CN'],
      from: site.clock.now() - DAY,
      to: site.clock.now() + DAY,
      evidenceSha256: 'e'.repeat(64),
      ...changes,
    },
    site.actor,
  )

export const lungOrder = (series: SampleSeries, changes: Partial<NewOrderInput> = {}): NewOrderInput => ({
  studyId: series.studyId,
  seriesId: series.seriesId,
  workload: 'imaging.ct.lung-density',
  urgency: 'stat',
  maxPrice: '10.00',
  ...changes,
})
