import type { Tx } from '@bithive/kernel/database'
import type { StudyState } from './lifecycle.ts'

export type StudyRow = {
  readonly studyId: string
  readonly personId: string
  readonly sealed: Uint8Array
  readonly state: StudyState
  readonly createdAtMs: bigint
  readonly completedCount: number | null
}

/** A study with what its images say of it. */
export type CountedStudyRow = StudyRow & { readonly instanceCount: number; readonly lastInstanceAtMs: bigint | null }

export type SeriesRow = {
  readonly seriesId: string
  readonly studyId: string
  readonly sealed: Uint8Array
  readonly modality: string
  readonly bodyPart: string
}

export type CountedSeriesRow = SeriesRow & { readonly instanceCount: number }

export type InstanceRow = {
  readonly instanceId: string
  readonly studyId: string
  readonly seriesId: string
  readonly contentHash: Uint8Array
  readonly sopClassUid: string
  readonly transferSyntaxUid: string
  readonly rowCount: number
  readonly columnCount: number
  readonly frameCount: number
  readonly instanceNumber: number
  readonly sizeBytes: bigint
  readonly blobKey: string
}

export type NewInstance = Omit<InstanceRow, 'sizeBytes'> & {
  readonly orgId: string
  readonly sopHash: Uint8Array
  readonly sizeBytes: number
  readonly nowMs: number
}

const studyColumns = (tx: Tx) => tx`
  study_id AS "studyId", person_id AS "personId", sealed, state, created_at_ms AS "createdAtMs",
  completed_count AS "completedCount"`

const seriesColumns = (tx: Tx) => tx`
  series_id AS "seriesId", study_id AS "studyId", sealed, modality, body_part AS "bodyPart"`

const instanceColumns = (tx: Tx) => tx`
  instance_id AS "instanceId", study_id AS "studyId", series_id AS "seriesId", content_hash AS "contentHash",
  sop_class_uid AS "sopClassUid", transfer_syntax_uid AS "transferSyntaxUid", row_count AS "rowCount",
  column_count AS "columnCount", frame_count AS "frameCount", instance_number AS "instanceNumber",
  size_bytes AS "sizeBytes", blob_key AS "blobKey"`

export async function findInstanceByHash(tx: Tx, sopHash: Uint8Array): Promise<InstanceRow | undefined> {
  const [row] = await tx<InstanceRow[]>`
    SELECT ${instanceColumns(tx)} FROM imaging.instance WHERE sop_hash = ${sopHash}`
  return row
}

export async function findStudyByHash(tx: Tx, studyHash: Uint8Array): Promise<StudyRow | undefined> {
  const [row] = await tx<StudyRow[]>`SELECT ${studyColumns(tx)} FROM imaging.study WHERE study_hash = ${studyHash}`
  return row
}

export async function findSeriesByHash(
  tx: Tx,
  studyId: string,
  seriesHash: Uint8Array,
): Promise<SeriesRow | undefined> {
  const [row] = await tx<SeriesRow[]>`
    SELECT ${seriesColumns(tx)} FROM imaging.series WHERE study_id = ${studyId} AND series_hash = ${seriesHash}`
  return row
}

/** Makes the study unless another image of it just did; what is in the table counts. */
export async function ensureStudy(
  tx: Tx,
  row: {
    readonly studyId: string
    readonly orgId: string
    readonly personId: string
    readonly studyHash: Uint8Array
    readonly sealed: Uint8Array
    readonly nowMs: number
  },
): Promise<StudyRow> {
  await tx`
    INSERT INTO imaging.study (study_id, org_id, person_id, study_hash, sealed, state, created_at_ms)
    VALUES (${row.studyId}, ${row.orgId}, ${row.personId}, ${row.studyHash}, ${row.sealed}, 'receiving', ${row.nowMs})
    ON CONFLICT (org_id, study_hash) DO NOTHING`
  return (await findStudyByHash(tx, row.studyHash)) as StudyRow
}

export async function ensureSeries(
  tx: Tx,
  row: {
    readonly seriesId: string
    readonly orgId: string
    readonly studyId: string
    readonly seriesHash: Uint8Array
    readonly sealed: Uint8Array
    readonly modality: string
    readonly bodyPart: string
  },
): Promise<SeriesRow> {
  await tx`
    INSERT INTO imaging.series (series_id, org_id, study_id, series_hash, sealed, modality, body_part)
    VALUES (${row.seriesId}, ${row.orgId}, ${row.studyId}, ${row.seriesHash}, ${row.sealed}, ${row.modality},
      ${row.bodyPart})
    ON CONFLICT (study_id, series_hash) DO NOTHING`
  return (await findSeriesByHash(tx, row.studyId, row.seriesHash)) as SeriesRow
}

/** @returns false when this SOP Instance UID is already there, in which case nothing changed. */
export async function insertInstance(tx: Tx, row: NewInstance): Promise<boolean> {
  const inserted = await tx`
    INSERT INTO imaging.instance (instance_id, org_id, study_id, series_id, sop_hash, content_hash, sop_class_uid,
      transfer_syntax_uid, row_count, column_count, frame_count, instance_number, size_bytes, blob_key, stored_at_ms)
    VALUES (${row.instanceId}, ${row.orgId}, ${row.studyId}, ${row.seriesId}, ${row.sopHash}, ${row.contentHash},
      ${row.sopClassUid}, ${row.transferSyntaxUid}, ${row.rowCount}, ${row.columnCount}, ${row.frameCount},
      ${row.instanceNumber}, ${row.sizeBytes}, ${row.blobKey}, ${row.nowMs})
    ON CONFLICT (org_id, sop_hash) DO NOTHING RETURNING 1`
  return inserted.length > 0
}

/**
 * Opens a complete study again when it has another image than when it was completed. Run it after the image is
 * committed: a completion that did not see the image came before, and one that comes later counts it.
 */
export async function reopenStudy(tx: Tx, studyId: string): Promise<void> {
  await tx`
    UPDATE imaging.study SET state = 'receiving', completed_at_ms = NULL, completed_count = NULL,
      announced_at_ms = NULL
    WHERE study_id = ${studyId} AND state = 'complete'
      AND completed_count <> (SELECT count(*) FROM imaging.instance WHERE study_id = ${studyId})`
}

const countedStudy = (tx: Tx) => tx`
  SELECT ${studyColumns(tx)}, q.n AS "instanceCount", q.last AS "lastInstanceAtMs"
  FROM imaging.study s LEFT JOIN LATERAL (
    SELECT count(*)::int AS n, max(i.stored_at_ms) AS last FROM imaging.instance i WHERE i.study_id = s.study_id
  ) q ON true`

/** Newest first; `before` is the last study id of the page before. */
export async function listStudies(tx: Tx, page: { before: string | null; limit: number }): Promise<CountedStudyRow[]> {
  return await tx<CountedStudyRow[]>`
    ${countedStudy(tx)} WHERE ${page.before}::text IS NULL OR study_id < ${page.before}
    ORDER BY study_id DESC LIMIT ${page.limit}`
}

export async function findStudiesByHash(tx: Tx, hashes: readonly Uint8Array[]): Promise<CountedStudyRow[]> {
  return await tx<CountedStudyRow[]>`
    ${countedStudy(tx)} WHERE study_hash IN (
      SELECT decode(hex, 'hex') FROM unnest(${hashes.map((hash) => Buffer.from(hash).toString('hex'))}::text[]) hex
    ) ORDER BY study_id DESC`
}

export async function findStudy(tx: Tx, studyId: string): Promise<CountedStudyRow | undefined> {
  const [row] = await tx<CountedStudyRow[]>`${countedStudy(tx)} WHERE study_id = ${studyId}`
  return row
}

export async function listSeries(tx: Tx, studyIds: readonly string[]): Promise<CountedSeriesRow[]> {
  return await tx<CountedSeriesRow[]>`
    SELECT ${seriesColumns(tx)}, (
      SELECT count(*)::int FROM imaging.instance i WHERE i.series_id = s.series_id
    ) AS "instanceCount"
    FROM imaging.series s WHERE study_id = ANY(${studyIds}::text[]) ORDER BY series_id`
}

export async function listInstances(tx: Tx, studyId: string, seriesId: string): Promise<InstanceRow[]> {
  return await tx<InstanceRow[]>`
    SELECT ${instanceColumns(tx)} FROM imaging.instance WHERE study_id = ${studyId} AND series_id = ${seriesId}
    ORDER BY instance_number, sop_hash`
}

/** Every image of a study, series by series. */
export async function listInstancesOfStudy(tx: Tx, studyId: string): Promise<InstanceRow[]> {
  return await tx<InstanceRow[]>`
    SELECT ${instanceColumns(tx)} FROM imaging.instance WHERE study_id = ${studyId}
    ORDER BY series_id, instance_number, sop_hash`
}

export async function completeQuietStudies(tx: Tx, quietSinceMs: number, nowMs: number): Promise<void> {
  await tx`
    UPDATE imaging.study s SET state = 'complete', completed_at_ms = ${nowMs}, completed_count = q.n
    FROM (
      SELECT i.study_id, count(*)::int AS n FROM imaging.instance i JOIN imaging.study o USING (study_id)
      WHERE o.state = 'receiving' GROUP BY i.study_id HAVING max(i.stored_at_ms) <= ${quietSinceMs}
    ) q
    WHERE s.study_id = q.study_id AND s.state = 'receiving'`
}

export async function unannouncedStudies(tx: Tx, limit: number): Promise<StudyRow[]> {
  return await tx<StudyRow[]>`
    SELECT ${studyColumns(tx)} FROM imaging.study WHERE state = 'complete' AND announced_at_ms IS NULL
    ORDER BY study_id LIMIT ${limit}`
}

/** Marks what was announced, unless an image came meanwhile and the study is to be announced again. */
export async function markAnnounced(tx: Tx, study: StudyRow, nowMs: number): Promise<void> {
  await tx`
    UPDATE imaging.study SET announced_at_ms = ${nowMs}
    WHERE study_id = ${study.studyId} AND state = 'complete' AND completed_count = ${study.completedCount}`
}

/** Keys of every blob of a person, before the rows go. */
export async function blobKeysOf(tx: Tx, personId: string): Promise<string[]> {
  const rows = await tx<{ blobKey: string }[]>`
    SELECT blob_key AS "blobKey" FROM imaging.instance
    WHERE study_id IN (SELECT study_id FROM imaging.study WHERE person_id = ${personId})`
  return rows.map((row) => row.blobKey)
}

export async function deleteStudiesOf(tx: Tx, personId: string): Promise<void> {
  await tx`DELETE FROM imaging.study WHERE person_id = ${personId}`
}
