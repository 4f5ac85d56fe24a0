import type { ImagingDeps } from './deps.ts'
import { imagingErrors } from './errors.ts'
import { STUDY_LIFECYCLE, type StudyState } from './lifecycle.ts'
import * as store from './store.ts'

type SeriesView = {
  readonly seriesId: string
  readonly modality: string
  readonly bodyPart: string
  readonly images: number
}

/** A study as the register shows it: who the patient is stays in the identifiers room. */
export type StudyView = {
  readonly studyId: string
  readonly personId: string
  readonly state: StudyState
  readonly stateText: { readonly zh: string; readonly en: string }
  readonly images: number
  /** Milliseconds since the epoch, when the first and the last image came. */
  readonly receivedAt: number
  readonly lastImageAt: number
  /** Path of a small picture at this site; not every study can give one. */
  readonly thumbnailUrl: string
  readonly series: readonly SeriesView[]
}

const toView = (row: store.CountedStudyRow, series: readonly store.CountedSeriesRow[]): StudyView => ({
  studyId: row.studyId,
  personId: row.personId,
  state: row.state,
  stateText: STUDY_LIFECYCLE[row.state].text,
  images: row.instanceCount,
  receivedAt: Number(row.createdAtMs),
  lastImageAt: Number(row.lastInstanceAtMs ?? row.createdAtMs),
  thumbnailUrl: `/site/v1/studies/${row.studyId}/thumbnail`,
  series: series
    .filter((one) => one.studyId === row.studyId)
    .map(({ seriesId, modality, bodyPart, instanceCount }) => ({
      seriesId,
      modality,
      bodyPart,
      images: instanceCount,
    })),
})

/** Newest first. @param page `before`: the last study id of the page before; `limit` at most 200 */
export const listStudies =
  (deps: Pick<ImagingDeps, 'db' | 'orgId'>) =>
  async (page: { readonly before?: string; readonly limit?: number } = {}): Promise<StudyView[]> =>
    await deps.db.asOrg(deps.orgId, async (tx) => {
      const rows = await store.listStudies(tx, { before: page.before ?? null, limit: Math.min(page.limit ?? 50, 200) })
      const series = await store.listSeries(
        tx,
        rows.map((row) => row.studyId),
      )
      return rows.map((row) => toView(row, series))
    })

/** @throws imaging.unknown-study */
export const getStudy =
  (deps: Pick<ImagingDeps, 'db' | 'orgId'>) =>
  async (studyId: string): Promise<StudyView> =>
    await deps.db.asOrg(deps.orgId, async (tx) => {
      const row = await store.findStudy(tx, studyId)
      if (!row) throw imagingErrors.error('unknown-study')
      return toView(row, await store.listSeries(tx, [studyId]))
    })
