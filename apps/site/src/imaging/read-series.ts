import type { Actor } from '@bithive/kernel/actor'
import { type Deidentified, deidentify } from './deidentify.ts'
import type { ImagingDeps } from './deps.ts'
import { imagingErrors } from './errors.ts'
import { openJson, type SealedSeries, type SealedStudy } from './register-instance.ts'
import * as store from './store.ts'

/** What other rooms must know of a series before it is touched. It holds no patient field. */
export type SeriesFacts = {
  readonly personId: string
  readonly modality: string
  /** Body Part Examined, Study and Series Description: whatever names the part. Stays at the site. */
  readonly bodyPartWords: readonly string[]
}

type DeidentifiedFile = {
  /** Mapped with the site's key. */
  readonly sopInstanceUid: string
  readonly rows: number
  readonly columns: number
  /** Part 10. */
  readonly bytes: Uint8Array
}

/** A series without what identifies the patient. The same series gives the same bytes each time. */
export type DeidentifiedSeries = {
  readonly studyInstanceUid: string
  readonly seriesInstanceUid: string
  /** In the order of Instance Number. */
  readonly files: readonly DeidentifiedFile[]
  /** The site's own UID behind a mapped one, or undefined when it is not of this series. */
  readonly originalOf: (sopInstanceUid: string) => string | undefined
}

/** What de-identification would do, by attribute: names and acts, never a value. */
export type DeidentificationPreview = {
  readonly images: number
  readonly counts: Deidentified['counts']
  readonly attributes: Deidentified['attributes']
}

/** The original Part 10 files of a series, in the order of Instance Number. */
export type OriginalFiles = {
  readonly personId: string
  readonly files: readonly { readonly instanceId: string; readonly bytes: Uint8Array }[]
}

type Opened = { readonly study: store.StudyRow; readonly series: store.SeriesRow }

async function open(deps: ImagingDeps, studyId: string, seriesId: string): Promise<Opened | undefined> {
  return await deps.db.asOrg(deps.orgId, async (tx) => {
    const study = await store.findStudy(tx, studyId)
    const series = study && (await store.listSeries(tx, [studyId])).find((row) => row.seriesId === seriesId)
    return series && { study, series }
  })
}

async function mustOpen(deps: ImagingDeps, studyId: string, seriesId: string): Promise<Opened> {
  const opened = await open(deps, studyId, seriesId)
  if (!opened) throw imagingErrors.error('unknown-series')
  return opened
}

/** @throws imaging.blob-missing, kernel.person-forgotten, kernel.sealed-data-damaged */
async function readOriginal(deps: ImagingDeps, personId: string, row: store.InstanceRow): Promise<Uint8Array> {
  const sealed = await deps.blobs.get(row.blobKey)
  if (!sealed) throw imagingErrors.error('blob-missing', { instanceId: row.instanceId })
  return await deps.dataKeys.decrypt(personId, sealed, row.instanceId)
}

async function instancesOf(deps: ImagingDeps, studyId: string, seriesId: string): Promise<store.InstanceRow[]> {
  return await deps.db.asOrg(deps.orgId, (tx) => store.listInstances(tx, studyId, seriesId))
}

export const describeSeries =
  (deps: ImagingDeps) =>
  async (studyId: string, seriesId: string): Promise<SeriesFacts | undefined> => {
    const opened = await open(deps, studyId, seriesId)
    if (!opened) return undefined
    const { study, series } = opened
    const ofStudy = await openJson<SealedStudy>(deps, study.personId, study.sealed, study.studyId)
    const ofSeries = await openJson<SealedSeries>(deps, study.personId, series.sealed, series.seriesId)
    const words = [series.bodyPart, ofStudy.description, ofSeries.description].filter((word) => word !== '')
    return { personId: study.personId, modality: series.modality, bodyPartWords: words }
  }

const record = (deps: ImagingDeps, actorId: string, action: string, seriesId: string, studyId: string, n: number) =>
  deps.audit.record({
    orgId: deps.orgId,
    actorId,
    action,
    resource: seriesId,
    facts: { studyId, images: n },
  })

async function deidentifyRow(deps: ImagingDeps, personId: string, row: store.InstanceRow): Promise<Deidentified> {
  const pseudonym = await deps.identifiers.pseudonymOf(personId)
  return deidentify(await readOriginal(deps, personId, row), { uidKey: deps.uidKey, pseudonym })
}

/**
 * Removes what identifies the patient from every image of a series. Recorded before a byte is handed on.
 * @throws imaging.unknown-series, imaging.pixels-may-identify, imaging.identifier-left, kernel.person-forgotten
 */
export const deidentifySeries =
  (deps: ImagingDeps) =>
  async (studyId: string, seriesId: string): Promise<DeidentifiedSeries> => {
    const { study } = await mustOpen(deps, studyId, seriesId)
    const rows = await instancesOf(deps, studyId, seriesId)
    const files: DeidentifiedFile[] = []
    const originals = new Map<string, string>()
    let place = { studyInstanceUid: '', seriesInstanceUid: '' }
    for (const row of rows) {
      const done = await deidentifyRow(deps, study.personId, row)
      place = { studyInstanceUid: done.studyInstanceUid, seriesInstanceUid: done.seriesInstanceUid }
      originals.set(done.sopInstanceUid, done.originalSopInstanceUid)
      files.push({
        sopInstanceUid: done.sopInstanceUid,
        rows: row.rowCount,
        columns: row.columnCount,
        bytes: done.bytes,
      })
    }
    if (files.length === 0) throw imagingErrors.error('unknown-series')
    await record(deps, 'system', 'imaging.series-deidentified', seriesId, studyId, files.length)
    return { ...place, files, originalOf: (uid) => originals.get(uid) }
  }

/** Shows what would be done to the first image. @throws imaging.unknown-series and what de-identifying throws */
export const previewDeidentification =
  (deps: ImagingDeps) =>
  async (studyId: string, seriesId: string, actor: Pick<Actor, 'id'>): Promise<DeidentificationPreview> => {
    const { study } = await mustOpen(deps, studyId, seriesId)
    const rows = await instancesOf(deps, studyId, seriesId)
    const [first] = rows
    if (!first) throw imagingErrors.error('unknown-series')
    await record(deps, actor.id, 'imaging.deidentification-previewed', seriesId, studyId, 1)
    const { counts, attributes } = await deidentifyRow(deps, study.personId, first)
    return { images: rows.length, counts, attributes }
  }

/**
 * The original files of a series: for reports, which speak of the hospital's own UIDs, and for its own viewers.
 * Recorded before a byte is handed on.
 * @throws imaging.unknown-series, imaging.blob-missing, kernel.person-forgotten
 */
export const readOriginals =
  (deps: ImagingDeps) =>
  async (studyId: string, seriesId: string, actor: Pick<Actor, 'id'>): Promise<OriginalFiles> => {
    const { study } = await mustOpen(deps, studyId, seriesId)
    const rows = await instancesOf(deps, studyId, seriesId)
    await record(deps, actor.id, 'imaging.originals-read', seriesId, studyId, rows.length)
    const files: { instanceId: string; bytes: Uint8Array }[] = []
    for (const row of rows) {
      files.push({ instanceId: row.instanceId, bytes: await readOriginal(deps, study.personId, row) })
    }
    return { personId: study.personId, files }
  }
