import type { ImagingDeps } from '../deps.ts'
import { imagingErrors } from '../errors.ts'
import { lookupHash, openJson, type SealedSeries } from '../register-instance.ts'
import * as store from '../store.ts'
import { EXPLICIT_LE } from '../transfer-syntax.ts'

/** An object of a study that another room keeps: the segmentation and the report of an analysis. */
export type DerivedObject = {
  /** For the audit. */
  readonly resource: string
  readonly studyId: string
  readonly seriesInstanceUid: string
  readonly sopInstanceUid: string
  readonly sopClassUid: string
  readonly modality: 'SEG' | 'SR'
  readonly seriesDescription: string
  readonly sizeBytes: number
  /** Part 10, explicit little endian. */
  readonly read: () => Promise<Uint8Array>
}

/** One object that can be read, wherever it is kept. */
export type StoredImage = {
  readonly resource: string
  readonly seriesId: string
  /** Known without opening the file only for what other rooms keep. */
  readonly sopInstanceUid: string | undefined
  readonly sopClassUid: string
  readonly transferSyntaxUid: string
  readonly frames: number
  readonly sizeBytes: number
  readonly read: () => Promise<Uint8Array>
}

export type FoundSeries = {
  readonly seriesId: string
  readonly seriesInstanceUid: string
  readonly modality: string
  readonly bodyPart: string
  readonly description: string
  readonly images: readonly StoredImage[]
}

export type FoundStudy = {
  readonly studyId: string
  readonly personId: string
  readonly series: readonly FoundSeries[]
}

export type Wanted = {
  readonly study: string
  readonly series?: string | undefined
  readonly instance?: string | undefined
}

const UID = /^[0-9.]{1,64}$/

function imageOf(deps: ImagingDeps, personId: string, row: store.InstanceRow): StoredImage {
  return {
    resource: row.instanceId,
    seriesId: row.seriesId,
    sopInstanceUid: undefined,
    sopClassUid: row.sopClassUid,
    transferSyntaxUid: row.transferSyntaxUid,
    frames: row.frameCount,
    sizeBytes: Number(row.sizeBytes),
    read: async () => {
      const sealed = await deps.blobs.get(row.blobKey)
      if (!sealed) throw imagingErrors.error('blob-missing', { instanceId: row.instanceId })
      return await deps.dataKeys.decrypt(personId, sealed, row.instanceId)
    },
  }
}

function derivedSeries(objects: readonly DerivedObject[]): FoundSeries[] {
  return objects.map((object) => ({
    seriesId: object.resource,
    seriesInstanceUid: object.seriesInstanceUid,
    modality: object.modality,
    bodyPart: '',
    description: object.seriesDescription,
    images: [{ ...object, seriesId: object.resource, transferSyntaxUid: EXPLICIT_LE, frames: 1 }],
  }))
}

type Rows = {
  readonly study: store.StudyRow
  readonly series: readonly store.SeriesRow[]
  readonly instances: readonly store.InstanceRow[]
}

/** Only the rows that were asked for: a viewer asks frame by frame, of studies with thousands of images. */
async function findRows(deps: ImagingDeps, wanted: Wanted): Promise<Rows | undefined> {
  const hash = (kind: string, uid: string) => lookupHash(deps.lookupKey, kind, uid)
  return await deps.db.asOrg(deps.orgId, async (tx) => {
    const study = await store.findStudyByHash(tx, hash('study', wanted.study))
    if (!study) return undefined
    const { studyId } = study
    if (wanted.series === undefined) {
      const [series, instances] = [await store.listSeries(tx, [studyId]), await store.listInstancesOfStudy(tx, studyId)]
      return { study, series, instances }
    }
    const series = await store.findSeriesByHash(tx, studyId, hash('series', wanted.series))
    if (!series) return { study, series: [], instances: [] }
    if (wanted.instance === undefined) {
      return { study, series: [series], instances: await store.listInstances(tx, studyId, series.seriesId) }
    }
    const instance = await store.findInstanceByHash(tx, hash('sop', wanted.instance))
    return { study, series: [series], instances: instance?.seriesId === series.seriesId ? [instance] : [] }
  })
}

async function receivedSeries(deps: ImagingDeps, { study, series, instances }: Rows): Promise<FoundSeries[]> {
  const { personId } = study
  return await Promise.all(
    series.map(async ({ seriesId, sealed, modality, bodyPart }) => {
      const { seriesInstanceUid, description } = await openJson<SealedSeries>(deps, personId, sealed, seriesId)
      const images = instances.filter((one) => one.seriesId === seriesId).map((one) => imageOf(deps, personId, one))
      return { seriesId, seriesInstanceUid, modality, bodyPart, description, images }
    }),
  )
}

/**
 * Finds a study, a series of it or one image of it by the UIDs that a device gave them.
 * @returns the study with those series and images only that were asked for; what was received comes first
 * @throws imaging.unknown-study, imaging.unknown-series, imaging.unknown-instance, kernel.person-forgotten
 */
export async function findImages(deps: ImagingDeps, wanted: Wanted): Promise<FoundStudy> {
  const uids = [wanted.study, wanted.series ?? '0', wanted.instance ?? '0']
  const rows = uids.every((uid) => UID.test(uid)) ? await findRows(deps, wanted) : undefined
  if (!rows) throw imagingErrors.error('unknown-study')
  const { studyId, personId } = rows.study
  const received = await receivedSeries(deps, rows)
  const whole = wanted.series !== undefined && received.length > 0
  const derived = whole ? [] : derivedSeries((await deps.derivedObjects?.([studyId])) ?? [])
  const series = [...received, ...derived].filter(
    (one) => wanted.series === undefined || one.seriesInstanceUid === wanted.series,
  )
  if (series.length === 0) throw imagingErrors.error('unknown-series')
  const isWanted = ({ sopInstanceUid }: StoredImage) =>
    wanted.instance === undefined || sopInstanceUid === undefined || sopInstanceUid === wanted.instance
  const kept = series.map((one) => ({ ...one, images: one.images.filter(isWanted) }))
  if (wanted.instance !== undefined && kept.every((one) => one.images.length === 0)) {
    throw imagingErrors.error('unknown-instance')
  }
  return { studyId, personId, series: kept }
}
