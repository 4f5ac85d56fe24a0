import type { Timeline, TimelineItem } from '@bithive/api/patient'
import type { Consent, ConsentRequest } from '../consent/index.ts'
import type { PersonPage, RecordsDeps } from './deps.ts'
import type { Me } from './my-consents.ts'
import { createSeen, type Seen } from './seen-actor.ts'
import * as store from './store.ts'

/** More studies and reports than one person has. */
const MOST = 10_000

/** Which acts of the audit are looks at a person, and at what. */
export const LOOKS: Readonly<Record<string, 'images' | 'prepared' | 'report' | 'identity'>> = {
  'imaging.series-viewed': 'images',
  'imaging.images-copied': 'images',
  'imaging.originals-read': 'images',
  'imaging.deidentification-previewed': 'images',
  'imaging.series-deidentified': 'prepared',
  'reports.read': 'report',
  'person.reveal': 'identity',
}

type Place = { readonly at: number; readonly id: string }

/** Newest first; among equals of one millisecond by id, as the SQL of every source does. */
const byNewest = (one: Place, other: Place) => other.at - one.at || (one.id < other.id ? 1 : one.id > other.id ? -1 : 0)
const isBefore = (one: Place, place: Place) => byNewest(place, one) < 0

const termsOf = ({
  purpose,
  dataClass,
  recipientKinds,
  recipientOrgId,
  regions,
  jurisdictions,
}: Consent | ConsentRequest) => ({
  ...{ purpose, dataClass, recipientKinds, regions, jurisdictions },
  ...(recipientOrgId === undefined ? {} : { recipientOrgId }),
})

/** Consents are few: they are read whole and cut here. */
async function consentItems(deps: RecordsDeps, personId: string, seen: Seen, page: PersonPage) {
  const items: TimelineItem[] = []
  const add = async (
    act: 'given' | 'withdrawn' | 'requested' | 'declined',
    place: Place,
    of: Consent | ConsentRequest,
    by: string,
  ) => items.push({ kind: 'consent', ...place, act, terms: termsOf(of), by: await seen(by) })
  for (const one of await deps.consent.history(personId)) {
    await add('given', { at: one.recordedAt, id: `${one.consentId}.given` }, one, one.recordedBy)
    if (one.revokedAt === null || one.revokedBy === null) continue
    await add('withdrawn', { at: one.revokedAt, id: `${one.consentId}.withdrawn` }, one, one.revokedBy)
  }
  for (const one of await deps.consent.requestsOf(personId)) {
    await add('requested', { at: one.requestedAt, id: `${one.requestId}.asked` }, one, one.requestedBy)
    if (one.state !== 'declined' || one.answeredAt === null) continue
    const by = await seen('')
    const place = { at: one.answeredAt, id: `${one.requestId}.declined` }
    items.push({ kind: 'consent', ...place, act: 'declined', terms: termsOf(one), by: { ...by, kind: 'self' } })
  }
  const { before } = page
  return items
    .filter((one) => before === undefined || isBefore(one, before))
    .sort(byNewest)
    .slice(0, page.limit)
}

async function lookItems(deps: RecordsDeps, me: Me, seen: Seen, page: PersonPage): Promise<TimelineItem[]> {
  const { personId, actor } = me
  const studies = await deps.studies.ofPerson(personId, { limit: MOST })
  const reports = await deps.reports.ofPerson(personId, { limit: MOST })
  const resources = [
    personId,
    ...studies.flatMap(({ studyId, seriesIds }) => [studyId, ...seriesIds]),
    ...reports.map(({ reportId }) => reportId),
  ]
  const query = { orgId: deps.orgId, resources, actions: Object.keys(LOOKS), except: actor.id, ...page }
  const rows = await deps.db.asOrg(deps.orgId, (tx) =>
    store.listLooks(tx, { ...query, before: page.before, limit: page.limit }),
  )
  return Promise.all(
    rows.map(async ({ id, at, actorId, action, times, reason }) => {
      const what = LOOKS[action] ?? 'images'
      return { kind: 'look', id, at, what, by: await seen(actorId), times, reason } as const
    }),
  )
}

const titleOf = (deps: RecordsDeps, workload: string) => deps.workloadTitle(workload) ?? { zh: workload, en: workload }

async function clinicalItems(deps: RecordsDeps, personId: string, page: PersonPage): Promise<TimelineItem[]> {
  const [studies, orders, reports] = await Promise.all([
    deps.studies.ofPerson(personId, page),
    deps.orders.ofPerson(personId, page),
    deps.reports.ofPerson(personId, page),
  ])
  return [
    ...studies.map((one) => ({
      kind: 'study' as const,
      id: one.studyId,
      ...{ at: one.at, images: one.images, complete: one.complete },
      ...{ modalities: [...one.modalities], bodyParts: [...one.bodyParts] },
    })),
    ...orders.map((one) => ({
      kind: 'analysis' as const,
      id: one.orderId,
      title: titleOf(deps, one.workload),
      ...{ at: one.at, state: one.state, stateText: one.stateText, sentTo: one.sentTo },
    })),
    ...reports.map((one) => ({
      kind: 'report' as const,
      id: one.reportId,
      title: titleOf(deps, one.workload),
      ...{ at: one.at, state: one.state, stateText: one.stateText },
      readable: one.state !== 'filing' && one.state !== 'erased',
    })),
  ]
}

/**
 * Everything that was done with a person's data, newest first: studies, analyses, reports, consents, and who looked.
 * Each source gives its newest lines before the cursor; the newest of all of them are the page.
 */
export const listTimeline =
  (deps: RecordsDeps) =>
  async (me: Me, page: PersonPage): Promise<Timeline> => {
    const seen = createSeen(deps, me.actor.id)
    const more = { ...page, limit: page.limit + 1 }
    const found = await Promise.all([
      clinicalItems(deps, me.personId, more),
      consentItems(deps, me.personId, seen, more),
      lookItems(deps, me, seen, more),
    ])
    const items = found.flat().sort(byNewest)
    const shown = items.slice(0, page.limit)
    const last = items.length > page.limit ? shown.at(-1) : undefined
    return { items: shown, ...(last ? { next: `${last.at}~${last.id}` } : {}) }
  }
