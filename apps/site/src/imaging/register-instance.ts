import { createHmac } from 'node:crypto'
import type { ImagingDeps } from './deps.ts'
import { type IndexedInstance, indexInstance } from './dicom-index.ts'
import { imagingErrors } from './errors.ts'
import { DEFAULT_READ_LIMITS } from './read-elements.ts'
import * as store from './store.ts'

export type Registered = {
  readonly studyId: string
  readonly seriesId: string
  readonly instanceId: string
  readonly personId: string
  /** False when the very same image was there already. */
  readonly isNew: boolean
}

/** What lies under the person's key beside a study and a series: readable only while the person is not forgotten. */
export type SealedStudy = {
  readonly studyInstanceUid: string
  readonly studyDate: string
  readonly description: string
  readonly accessionNumber: string
}
export type SealedSeries = { readonly seriesInstanceUid: string; readonly description: string }

/** Keyed hash of a UID or of a data set, so that the register tells nobody which image it speaks of. */
export function lookupHash(key: Uint8Array, kind: string, ...parts: (string | Uint8Array)[]): Buffer {
  const hash = createHmac('sha256', key).update(`${kind}\0`)
  for (const part of parts) hash.update(part)
  return hash.digest()
}

type Hashes = { readonly study: Buffer; readonly series: Buffer; readonly sop: Buffer; readonly content: Buffer }

function hashesOf(deps: ImagingDeps, { header, file }: IndexedInstance): Hashes {
  const hash = (kind: string, ...parts: (string | Uint8Array)[]) => lookupHash(deps.lookupKey, kind, ...parts)
  return {
    study: hash('study', header.studyInstanceUid),
    series: hash('series', header.seriesInstanceUid),
    sop: hash('sop', header.sopInstanceUid),
    content: hash('content', header.transferSyntaxUid, '\0', file.file.subarray(file.metaEnd)),
  }
}

function sameContent(found: store.InstanceRow, hashes: Hashes): boolean {
  return Buffer.from(found.contentHash).equals(hashes.content)
}

/** Seals a small record under the person's key; `context` names its row, so that it cannot be moved to another. */
async function sealJson(deps: ImagingDeps, personId: string, value: object, context: string): Promise<Uint8Array> {
  return await deps.dataKeys.encrypt(personId, Buffer.from(JSON.stringify(value)), context)
}

export async function openJson<T>(deps: ImagingDeps, personId: string, sealed: Uint8Array, context: string) {
  const bytes = await deps.dataKeys.decrypt(personId, sealed, context)
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as T
}

type Place = { readonly studyId: string; readonly seriesId: string }

/** What the register already has of an image, its series and its study. */
type Known = {
  readonly instance: store.InstanceRow | undefined
  readonly study: store.StudyRow | undefined
  readonly series: store.SeriesRow | undefined
}

async function findKnown(deps: ImagingDeps, hashes: Hashes): Promise<Known> {
  return await deps.db.asOrg(deps.orgId, async (tx) => {
    const instance = await store.findInstanceByHash(tx, hashes.sop)
    if (instance) return { instance, study: undefined, series: undefined }
    const study = await store.findStudyByHash(tx, hashes.study)
    const series = study && (await store.findSeriesByHash(tx, study.studyId, hashes.series))
    return { instance, study, series }
  })
}

/** Makes the study and the series of an image where they are missing. @throws imaging.study-of-another-person */
async function ensurePlace(
  deps: ImagingDeps,
  indexed: IndexedInstance,
  hashes: Hashes,
  personId: string,
  known: Known,
): Promise<Place> {
  const { header } = indexed
  const { orgId } = deps
  const refuseOther = (study: { personId: string }) => {
    if (study.personId !== personId) throw imagingErrors.error('study-of-another-person')
  }
  if (known.study) refuseOther(known.study)
  if (known.study && known.series) return { studyId: known.study.studyId, seriesId: known.series.seriesId }
  const newStudyId = known.study?.studyId ?? deps.ids.next('stu')
  const studyFields: SealedStudy = {
    studyInstanceUid: header.studyInstanceUid,
    studyDate: header.studyDate,
    description: header.studyDescription,
    accessionNumber: indexed.accessionNumber,
  }
  const seriesFields: SealedSeries = {
    seriesInstanceUid: header.seriesInstanceUid,
    description: header.seriesDescription,
  }
  const sealedStudy = await sealJson(deps, personId, studyFields, newStudyId)
  const seriesId = deps.ids.next('ser')
  const sealedSeries = await sealJson(deps, personId, seriesFields, seriesId)
  return await deps.db.asOrg(orgId, async (tx): Promise<Place> => {
    const nowMs = deps.clock.now()
    const study = await store.ensureStudy(tx, {
      studyId: newStudyId,
      orgId,
      personId,
      studyHash: hashes.study,
      sealed: sealedStudy,
      nowMs,
    })
    refuseOther(study)
    const series = await store.ensureSeries(tx, {
      seriesId,
      orgId,
      studyId: study.studyId,
      seriesHash: hashes.series,
      sealed: sealedSeries,
      modality: header.modality,
      bodyPart: header.bodyPart,
    })
    return { studyId: study.studyId, seriesId: series.seriesId }
  })
}

function rowOf(deps: ImagingDeps, indexed: IndexedInstance, hashes: Hashes, place: Place): store.NewInstance {
  const { header, file } = indexed
  const instanceId = deps.ids.next('img')
  const number = Number(header.instanceNumber || '0')
  return {
    instanceId,
    orgId: deps.orgId,
    ...place,
    sopHash: hashes.sop,
    contentHash: hashes.content,
    sopClassUid: header.sopClassUid,
    transferSyntaxUid: header.transferSyntaxUid,
    rowCount: header.rows,
    columnCount: header.columns,
    frameCount: header.frames,
    instanceNumber: Math.abs(number) <= 0x7fffffff ? number : 0,
    sizeBytes: file.file.length,
    blobKey: `imaging/${place.studyId}/${instanceId}`,
    nowMs: deps.clock.now(),
  }
}

/**
 * Files one DICOM instance: the patient's fields go to the identifiers room, the bytes under the person's key into a
 * blob, and a pseudonymous row into the register. Storing the same image again changes nothing.
 * @param bytes a Part 10 file
 * @throws what reading throws, imaging.instance-conflict, imaging.study-of-another-person, and what identify throws
 */
export const registerInstance =
  (deps: ImagingDeps) =>
  async (bytes: Uint8Array, source: { readonly actorId: string }): Promise<Registered> => {
    const indexed = indexInstance(bytes, { ...DEFAULT_READ_LIMITS, maxBytes: deps.settings.maxObjectBytes })
    const hashes = hashesOf(deps, indexed)
    const { name: patientName, issuer: issuerOfPatientId, patientId, birthDate, sex } = indexed.patient
    const personId = await deps.identifiers.identify({ patientId, issuerOfPatientId, patientName, birthDate, sex })
    const record = (action: string, resource: string, facts: Record<string, string | number>) =>
      deps.audit.record({ orgId: deps.orgId, actorId: source.actorId, action, resource, facts })

    const repeated = async (found: store.InstanceRow): Promise<Registered> => {
      if (!sameContent(found, hashes)) {
        await record('imaging.instance-conflict', found.instanceId, { studyId: found.studyId })
        throw imagingErrors.error('instance-conflict', { instanceId: found.instanceId })
      }
      // A kill between the image and its study's reopening leaves the latter to be done now.
      await deps.db.asOrg(deps.orgId, (tx) => store.reopenStudy(tx, found.studyId))
      await record('imaging.instance-repeated', found.instanceId, { studyId: found.studyId })
      const { studyId, seriesId, instanceId } = found
      return { studyId, seriesId, instanceId, personId, isNew: false }
    }

    const known = await findKnown(deps, hashes)
    if (known.instance) return await repeated(known.instance)
    const place = await ensurePlace(deps, indexed, hashes, personId, known)
    const row = rowOf(deps, indexed, hashes, place)
    // The blob goes first: a row always has its bytes, while a blob without a row is only waste.
    await deps.blobs.put(row.blobKey, await deps.dataKeys.encrypt(personId, bytes, row.instanceId))
    const inserted = await deps.db.asOrg(deps.orgId, (tx) => store.insertInstance(tx, row))
    if (!inserted) {
      await deps.blobs.delete(row.blobKey)
      const winner = await deps.db.asOrg(deps.orgId, (tx) => store.findInstanceByHash(tx, hashes.sop))
      if (winner) return await repeated(winner)
      throw imagingErrors.error('busy')
    }
    await deps.db.asOrg(deps.orgId, (tx) => store.reopenStudy(tx, place.studyId))
    if (!known.study) deps.live?.publish(deps.orgId, { topic: 'studies', id: place.studyId })
    await record('imaging.instance-stored', row.instanceId, { studyId: place.studyId, bytes: bytes.length })
    return { ...place, instanceId: row.instanceId, personId, isNew: true }
  }
