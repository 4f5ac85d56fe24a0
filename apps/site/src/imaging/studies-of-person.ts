import type { ImagingDeps } from './deps.ts'

/** A study for the person's own list of records: what is known without opening anything. */
export type PersonStudy = {
  readonly studyId: string
  /** When the first image came, milliseconds since the epoch. */
  readonly at: number
  readonly complete: boolean
  readonly images: number
  readonly modalities: readonly string[]
  readonly bodyParts: readonly string[]
  readonly seriesIds: readonly string[]
}

/** One step further back in a list that runs from the newest to the oldest. */
export type PersonPage = {
  readonly before?: { readonly at: number; readonly id: string } | undefined
  readonly limit: number
}

/** A person's studies, newest first. */
export const studiesOfPerson =
  (deps: Pick<ImagingDeps, 'db' | 'orgId'>) =>
  async (personId: string, { before, limit }: PersonPage): Promise<PersonStudy[]> =>
    await deps.db.asOrg(deps.orgId, async (tx) => [
      ...(await tx<PersonStudy[]>`
        SELECT study_id AS "studyId", created_at_ms::float8 AS at, state = 'complete' AS complete,
          (SELECT count(*)::int FROM imaging.instance i WHERE i.study_id = s.study_id) AS images,
          ARRAY(SELECT DISTINCT modality FROM imaging.series e WHERE e.study_id = s.study_id ORDER BY 1) AS modalities,
          ARRAY(SELECT DISTINCT body_part FROM imaging.series e
                WHERE e.study_id = s.study_id AND body_part <> '' ORDER BY 1) AS "bodyParts",
          ARRAY(SELECT series_id FROM imaging.series e WHERE e.study_id = s.study_id ORDER BY 1) AS "seriesIds"
        FROM imaging.study s
        WHERE org_id = ${deps.orgId} AND person_id = ${personId}
          AND (${before === undefined} OR (created_at_ms, study_id COLLATE "C") < (${before?.at ?? 0}, ${before?.id ?? ''}))
        ORDER BY created_at_ms DESC, study_id COLLATE "C" DESC LIMIT ${limit}`),
    ])
