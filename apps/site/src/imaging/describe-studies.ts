import type { Actor } from '@bithive/kernel/actor'
import type { ImagingDeps } from './deps.ts'
import { openStudies } from './dicom-web/search-images.ts'
import type { StudyState } from './lifecycle.ts'
import * as store from './store.ts'

/** A study with what lies sealed beside it. The patient is null for an actor who may not learn who it is. */
export type DescribedStudy = {
  readonly studyId: string
  readonly studyInstanceUid: string
  readonly personId: string
  readonly pseudonym: string
  readonly patient: {
    readonly name: string
    readonly patientId: string
    readonly birthDate: string
    readonly sex: string
  } | null
  readonly studyDate: string
  readonly description: string
  readonly accessionNumber: string
  readonly modalities: string[]
  readonly bodyParts: string[]
  readonly images: number
  readonly state: StudyState
  readonly receivedAt: number
}

const distinct = (values: readonly string[]) => [...new Set(values.filter((value) => value !== ''))].sort()

/** `before`: the study id at which the page before ended; `limit` at most 200; `studyId` for that one alone. */
export type StudyPage = { readonly before?: string; readonly studyId?: string; readonly limit: number }

/**
 * A page of studies for a list that people read, newest first. Which of them it shows is recorded before it answers.
 */
export const describeStudies =
  (deps: ImagingDeps) =>
  async (
    page: StudyPage,
    actor: Actor,
  ): Promise<{ readonly studies: DescribedStudy[]; readonly next: string | null }> => {
    const limit = Math.min(page.limit, 200)
    const rows = await deps.db.asOrg(deps.orgId, async (tx) => {
      if (page.studyId === undefined) return store.listStudies(tx, { before: page.before ?? null, limit: limit + 1 })
      const one = await store.findStudy(tx, page.studyId)
      return one ? [one] : []
    })
    const opened = await openStudies(deps, rows.slice(0, limit), actor)
    const studies = opened.map(({ row, sealed, person, series }): DescribedStudy => {
      const { fields, pseudonym } = person
      return {
        ...{ studyId: row.studyId, studyInstanceUid: sealed.studyInstanceUid, personId: row.personId, pseudonym },
        patient: fields
          ? { name: fields.patientName, patientId: fields.patientId, birthDate: fields.birthDate, sex: fields.sex }
          : null,
        studyDate: sealed.studyDate,
        description: sealed.description,
        accessionNumber: fields ? sealed.accessionNumber : '',
        modalities: distinct(series.map((one) => one.modality)),
        bodyParts: distinct(series.map((one) => one.bodyPart)),
        images: row.instanceCount,
        state: row.state,
        receivedAt: Number(row.createdAtMs),
      }
    })
    await deps.audit.record({
      orgId: deps.orgId,
      actorId: actor.id,
      action: 'imaging.listed',
      resource: 'studies',
      facts: { shown: studies.map((study) => study.studyId).join(' ') },
    })
    return { studies, next: rows.length > limit ? (rows[limit - 1]?.studyId ?? null) : null }
  }
