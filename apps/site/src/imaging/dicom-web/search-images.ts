import type { Actor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import type { OpenedPerson } from '../../identifiers/index.ts'
import type { ImagingDeps } from '../deps.ts'
import { readElements } from '../read-elements.ts'
import { lookupHash, openJson, type SealedStudy } from '../register-instance.ts'
import * as store from '../store.ts'
import { type JsonDataSet, type JsonValue, personName, toDicomJson } from './dicom-json.ts'
import { type DerivedObject, findImages } from './find-images.ts'
import { matchesKeys } from './match-attributes.ts'
import type { DicomWebQuery } from './read-query.ts'

export type SearchResult = {
  readonly matches: readonly JsonDataSet[]
  /** True when there may be more: the limit was reached, or as many studies were looked at as one search may. */
  readonly more: boolean
}

/** How many studies one search opens at most. Names and numbers lie sealed, so a search opens what it looks at. */
const MAX_LOOKED_AT = 5_000
const PAGE = 100
const STUDY_UID = '0020000D'

const attribute = (vr: string, ...values: readonly (JsonValue | undefined)[]) => {
  const there = values.filter((value): value is JsonValue => value !== undefined && value !== '' && value !== null)
  return there.length > 0 ? { vr, Value: there } : { vr }
}

/** Attributes that a search of studies can match (PS3.18 table 10.6.1-5, as far as the register holds them). */
export const STUDY_KEYS: ReadonlySet<string> = new Set([
  ...['00080020', '00080050', '00080061', '00081030', '00100010', '00100020', '00100030', '00100040', STUDY_UID],
  ...['00201206', '00201208'],
])
export const SERIES_KEYS: ReadonlySet<string> = new Set([
  ...['00080060', '0008103E', '00180015', '0020000E', '00201209', STUDY_UID],
])

type OpenedStudy = {
  readonly row: store.CountedStudyRow
  readonly sealed: SealedStudy
  readonly person: OpenedPerson
  readonly series: readonly store.CountedSeriesRow[]
  readonly derived: readonly DerivedObject[]
}

/** Undefined for a person who is forgotten while the search runs: nothing of theirs is found. */
async function openSealed(deps: ImagingDeps, row: store.StudyRow): Promise<SealedStudy | undefined> {
  try {
    return await openJson<SealedStudy>(deps, row.personId, row.sealed, row.studyId)
  } catch (error) {
    if (isDomainError(error, 'kernel.person-forgotten')) return undefined
    throw error
  }
}

/** Opens a page of studies: what is sealed beside them, who they are of, and what was derived from them. */
export async function openStudies(
  deps: ImagingDeps,
  rows: readonly store.CountedStudyRow[],
  actor: Actor,
): Promise<OpenedStudy[]> {
  const studyIds = rows.map((row) => row.studyId)
  const [series, people, derived] = await Promise.all([
    deps.db.asOrg(deps.orgId, (tx) => store.listSeries(tx, studyIds)),
    deps.identifiers.openPeople(
      rows.map((row) => row.personId),
      actor,
    ),
    deps.derivedObjects?.(studyIds) ?? [],
  ])
  const opened = await Promise.all(
    rows.map(async (row): Promise<OpenedStudy[]> => {
      const [sealed, person] = [await openSealed(deps, row), people.get(row.personId)]
      if (!sealed || !person) return []
      const own = <T extends { studyId: string }>(all: readonly T[]) => all.filter((one) => one.studyId === row.studyId)
      return [{ row, sealed, person, series: own(series), derived: own(derived) }]
    }),
  )
  return opened.flat()
}

function studyDataSet({ row, sealed, person, series, derived }: OpenedStudy, root: string): JsonDataSet {
  const modalities = [...new Set([...series, ...derived].map((one) => one.modality))].sort()
  const { fields, pseudonym } = person
  return {
    '00080020': attribute('DA', sealed.studyDate),
    '00080030': { vr: 'TM' },
    '00080050': attribute('SH', fields && sealed.accessionNumber),
    '00080056': attribute('CS', 'ONLINE'),
    '00080061': attribute('CS', ...modalities),
    '00080090': { vr: 'PN' },
    '00081030': attribute('LO', sealed.description),
    '00081190': attribute('UR', `${root}/studies/${sealed.studyInstanceUid}`),
    '00100010': attribute('PN', fields ? personName(fields.patientName) : undefined),
    // Who may not learn who a patient is sees the pseudonym, as on images that leave.
    '00100020': attribute('LO', fields?.patientId ?? pseudonym),
    '00100030': attribute('DA', fields?.birthDate),
    '00100040': attribute('CS', fields?.sex),
    [STUDY_UID]: attribute('UI', sealed.studyInstanceUid),
    '00200010': { vr: 'SH' },
    '00201206': attribute('IS', series.length + derived.length),
    '00201208': attribute('IS', row.instanceCount + derived.length),
  }
}

type Page = { readonly rows: readonly store.CountedStudyRow[]; readonly next: string | undefined }

/** Pages of the register, newest first; studies that the query names by UID are found without looking at others. */
async function* pagesOf(deps: ImagingDeps, query: DicomWebQuery): AsyncGenerator<Page> {
  const named = query.keys.find(({ tag, value }) => tag === STUDY_UID && value !== '' && !/[*?]/.test(value))
  if (named) {
    const hashes = named.value
      .split(/[,\\]/)
      .slice(0, PAGE)
      .map((uid) => lookupHash(deps.lookupKey, 'study', uid.trim()))
    yield { rows: await deps.db.asOrg(deps.orgId, (tx) => store.findStudiesByHash(tx, hashes)), next: undefined }
    return
  }
  let before: string | null = null
  do {
    const page = { before, limit: PAGE }
    const rows: store.CountedStudyRow[] = await deps.db.asOrg(deps.orgId, (tx) => store.listStudies(tx, page))
    before = rows.length === PAGE ? (rows.at(-1)?.studyId ?? null) : null
    yield { rows, next: before ?? undefined }
  } while (before !== null)
}

const recordSearch = (deps: ImagingDeps, actor: Actor, level: string, query: DicomWebQuery, shown: readonly string[]) =>
  deps.audit.record({
    orgId: deps.orgId,
    actorId: actor.id,
    action: 'imaging.searched',
    resource: level,
    // What was looked for may be a name: the record says by which attributes, and what was shown.
    facts: { keys: query.keys.map(({ tag }) => tag).join(' '), found: shown.length, shown: shown.join(' ') },
  })

/**
 * Studies that match (PS3.18 section 10.6), newest first. Recorded, with the studies that it shows, before it answers.
 * @param root the address of the service, for Retrieve URL
 */
export const searchStudies =
  (deps: ImagingDeps) =>
  async (actor: Actor, query: DicomWebQuery, root: string): Promise<SearchResult> => {
    const found: { readonly studyId: string; readonly dataSet: JsonDataSet }[] = []
    const enough = query.offset + query.limit + 1
    let lookedAt = 0
    let stopped = false
    for await (const { rows, next } of pagesOf(deps, query)) {
      lookedAt += rows.length
      for (const study of await openStudies(deps, rows, actor)) {
        const dataSet = studyDataSet(study, root)
        if (matchesKeys(dataSet, query.keys)) found.push({ studyId: study.row.studyId, dataSet })
      }
      stopped = next !== undefined && lookedAt >= MAX_LOOKED_AT
      if (found.length >= enough || stopped) break
    }
    const page = found.slice(query.offset, query.offset + query.limit)
    await recordSearch(
      deps,
      actor,
      'studies',
      query,
      page.map((one) => one.studyId),
    )
    return { matches: page.map((one) => one.dataSet), more: stopped || found.length >= enough }
  }

function paged(matches: readonly JsonDataSet[], { offset, limit }: DicomWebQuery): SearchResult {
  return { matches: matches.slice(offset, offset + limit), more: matches.length > offset + limit }
}

/** Series of one study. @throws imaging.unknown-study */
export const searchSeries =
  (deps: ImagingDeps) =>
  async (actor: Actor, study: string, query: DicomWebQuery, root: string): Promise<SearchResult> => {
    const found = await findImages(deps, { study })
    const dataSets = found.series.map(
      (series): JsonDataSet => ({
        '00080056': attribute('CS', 'ONLINE'),
        '00080060': attribute('CS', series.modality),
        '0008103E': attribute('LO', series.description),
        '00081190': attribute('UR', `${root}/studies/${study}/series/${series.seriesInstanceUid}`),
        '00180015': attribute('CS', series.bodyPart),
        [STUDY_UID]: attribute('UI', study),
        '0020000E': attribute('UI', series.seriesInstanceUid),
        '00200011': { vr: 'IS' },
        '00201209': attribute('IS', series.images.length),
      }),
    )
    const result = paged(
      dataSets.filter((dataSet) => matchesKeys(dataSet, query.keys)),
      query,
    )
    await recordSearch(deps, actor, 'series', query, [found.studyId])
    return result
  }

const INSTANCE_ATTRIBUTES = [
  ...['00080016', '00080018', '00083002', STUDY_UID, '0020000E', '00200013', '00280008', '00280010', '00280011'],
  '00280100',
] as const

/** Images that one search of instances opens at most: each lies sealed in a file of its own. */
export const MAX_INSTANCES_OPENED = 2_000

/** Images of a study, or of one series of it. @throws imaging.unknown-study, imaging.unknown-series */
export const searchInstances =
  (deps: ImagingDeps) =>
  async (
    actor: Actor,
    place: { readonly study: string; readonly series?: string | undefined },
    query: DicomWebQuery,
    root: string,
  ): Promise<SearchResult> => {
    const found = await findImages(deps, place)
    await recordSearch(deps, actor, 'instances', query, [found.studyId])
    const matches: JsonDataSet[] = []
    const enough = query.offset + query.limit + 1
    const images = found.series.flatMap(({ images, seriesInstanceUid }) =>
      images.map((image) => ({ image, at: `${root}/studies/${place.study}/series/${seriesInstanceUid}` })),
    )
    for (const { image, at } of images.slice(0, MAX_INSTANCES_OPENED)) {
      if (matches.length >= enough) break
      const bytes = await image.read()
      const whole = toDicomJson(readElements(bytes), (tag) => `${at}#${tag}`)
      if (!matchesKeys(whole, query.keys)) continue
      const address = `${at}/instances/${whole['00080018']?.Value?.[0]}`
      const kept = [...INSTANCE_ATTRIBUTES, ...(query.include === 'all' ? [] : query.include)]
      const chosen =
        query.include === 'all' ? Object.entries(whole) : Object.entries(whole).filter(([tag]) => kept.includes(tag))
      // Pixels and other large values are read by WADO-RS; a search does not offer them.
      const light = chosen.filter(([, value]) => value.BulkDataURI === undefined)
      matches.push({
        ...Object.fromEntries(light),
        '00080056': attribute('CS', 'ONLINE'),
        '00081190': attribute('UR', address),
      })
    }
    const result = paged(matches, query)
    return { ...result, more: result.more || images.length > MAX_INSTANCES_OPENED }
  }
