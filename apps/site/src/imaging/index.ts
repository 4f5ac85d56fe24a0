import type { Actor } from '@bithive/kernel/actor'
import { every, type Worker } from '@bithive/kernel/worker'
import { completeStudies } from './complete-studies.ts'
import type { ImagingDeps, StudyCompleteListener } from './deps.ts'
import { type DescribedStudy, describeStudies, type StudyPage } from './describe-studies.ts'
import type { DicomWeb } from './dicom-web/dicom-web-routes.ts'
import { createImageReader } from './dicom-web/read-images.ts'
import { searchInstances, searchSeries, searchStudies } from './dicom-web/search-images.ts'
import { erasePerson } from './erase-person.ts'
import { createIncoming, type Incoming } from './incoming.ts'
import { getStudy, listStudies, type StudyView } from './list-studies.ts'
import {
  type DeidentificationPreview,
  type DeidentifiedSeries,
  deidentifySeries,
  describeSeries,
  type OriginalFiles,
  previewDeidentification,
  readOriginals,
  type SeriesFacts,
} from './read-series.ts'
import { createReceiver, RECEIVER_DEFAULTS } from './receiver.ts'
import { type Registered, registerInstance } from './register-instance.ts'
import { type PersonPage, type PersonStudy, studiesOfPerson } from './studies-of-person.ts'
import { studyThumbnail } from './study-thumbnail.ts'

export { deidentify } from './deidentify.ts'
export type { ImagingDeps, ImagingSettings } from './deps.ts'
export { type EchoState, echoPeer } from './dicom-echo.ts'
export { indexInstance, valueReader } from './dicom-index.ts'
export { type DicomTarget, type SendOutcome, sendInstances } from './dicom-sender.ts'
export { type JsonDataSet, pixelsOf, readDicomJson } from './dicom-web/dicom-json.ts'
export type { DerivedObject } from './dicom-web/find-images.ts'
export { type DataSet, encodeInstance } from './encode-data-set.ts'
export { imagingErrors } from './errors.ts'
export type { DicomPeer } from './receiver.ts'
export { imagingRoutes } from './routes.ts'

export const imagingMigrations = {
  room: 'imaging',
  directory: new URL('./migrations/', import.meta.url),
} as const

/** `aeTitle` and `address` are `?` where the caller gave something else. */
export type HeardCaller = {
  readonly at: number
  readonly act: 'echo' | 'store' | 'refused'
  readonly aeTitle: string
  readonly address: string
}

const MOST_HEARD = 20

/** The site's images: received, filed under the patient's own key, and handed on without what identifies. */
export type Imaging = {
  /** @throws what reading throws, imaging.instance-conflict, imaging.study-of-another-person, identifiers' errors */
  readonly registerInstance: (bytes: Uint8Array, source: { readonly actorId: string }) => Promise<Registered>
  readonly listStudies: (page?: { readonly before?: string; readonly limit?: number }) => Promise<StudyView[]>
  readonly getStudy: (studyId: string) => Promise<StudyView>
  /** A person's studies, newest first. */
  readonly ofPerson: (personId: string, page: PersonPage) => Promise<PersonStudy[]>
  /** The picture that stands for a study; recorded before it leaves. */
  readonly thumbnail: (studyId: string, actor: Actor) => Promise<{ bytes: Uint8Array; mediaType: string }>
  readonly describeSeries: (studyId: string, seriesId: string) => Promise<SeriesFacts | undefined>
  readonly deidentifySeries: (studyId: string, seriesId: string) => Promise<DeidentifiedSeries>
  readonly previewDeidentification: (
    studyId: string,
    seriesId: string,
    actor: Pick<Actor, 'id'>,
  ) => Promise<DeidentificationPreview>
  readonly readOriginals: (studyId: string, seriesId: string, actor: Pick<Actor, 'id'>) => Promise<OriginalFiles>
  /** A page of studies with what is sealed beside them, recorded as shown. */
  readonly describeStudies: (
    page: StudyPage,
    actor: Actor,
  ) => Promise<{ readonly studies: DescribedStudy[]; readonly next: string | null }>
  /** QIDO-RS and WADO-RS. */
  readonly dicomWeb: DicomWeb
  /** Adds a listener; it bears being told of a study again. */
  readonly onStudyComplete: (listener: StudyCompleteListener) => void
  readonly quarantine: Pick<Incoming, 'listQuarantined' | 'retryQuarantined'>
  /** For the identifiers room: removes what is held of a person. */
  readonly eraser: { readonly room: string; readonly erase: (personId: string) => Promise<void> }
  /** Who called at the DICOM door lately, newest first: for whoever connects a device and watches. */
  readonly heard: () => readonly HeardCaller[]
  /** Opens the DICOM port. @returns the port, which is the configured one unless that was 0 */
  readonly startReceiver: () => Promise<{ readonly port: number }>
  readonly stopReceiver: () => Promise<void>
  /** What happens as time passes: the queue is registered, quiet studies are completed. */
  readonly workers: readonly Worker[]
}

/** Wakes the queue's worker when the receiver has queued a file. */
function createBell(): { readonly ring: () => void; readonly wait: () => Promise<void> } {
  let rung = false
  let wake: (() => void) | undefined
  return {
    ring: () => {
      rung = true
      wake?.()
    },
    wait: async () => {
      if (!rung) await new Promise<void>((resolve) => (wake = resolve))
      rung = false
      wake = undefined
    },
  }
}

export function createImaging(deps: ImagingDeps): Imaging {
  const { settings, clock } = deps
  const log = deps.log.child({ room: 'imaging' })
  const bell = createBell()
  const listeners: StudyCompleteListener[] = []
  const register = registerInstance(deps)
  const incoming = createIncoming({
    directory: settings.directory,
    log,
    register: (bytes) => register(bytes, { actorId: 'system' }),
  })
  const { aeTitle, peers, host, port, directory, maxObjectBytes, minFreeBytes } = settings
  let callers: readonly HeardCaller[] = []
  const receiver = createReceiver({
    config: { ...RECEIVER_DEFAULTS, aeTitle, peers, host, port, directory, maxObjectBytes, minFreeBytes },
    log,
    clock,
    onQueued: bell.ring,
    onHeard: ({ act, aeTitle, address }) => {
      const again = (one: HeardCaller) => one.act === act && one.aeTitle === aeTitle && one.address === address
      callers = [{ at: clock.now(), act, aeTitle, address }, ...callers.filter((one) => !again(one))].slice(
        0,
        MOST_HEARD,
      )
    },
  })
  const reader = createImageReader(deps)
  const complete = completeStudies({ ...deps, log }, () => listeners)
  return {
    registerInstance: register,
    listStudies: listStudies(deps),
    getStudy: getStudy(deps),
    ofPerson: studiesOfPerson(deps),
    thumbnail: studyThumbnail(deps, reader),
    describeSeries: describeSeries(deps),
    deidentifySeries: deidentifySeries(deps),
    previewDeidentification: previewDeidentification(deps),
    readOriginals: readOriginals(deps),
    describeStudies: describeStudies(deps),
    dicomWeb: {
      ...reader,
      searchStudies: searchStudies(deps),
      searchSeries: searchSeries(deps),
      searchInstances: searchInstances(deps),
    },
    onStudyComplete: (listener) => {
      listeners.push(listener)
    },
    quarantine: incoming,
    eraser: { room: 'imaging', erase: erasePerson(deps) },
    heard: () => callers,
    startReceiver: receiver.start,
    stopReceiver: receiver.stop,
    workers: [
      every({
        name: 'imaging.register-queued',
        intervalMs: 5_000,
        clock,
        log,
        act: async (signal) => {
          await incoming.drive(signal)
        },
        wake: bell.wait,
      }),
      every({ name: 'imaging.complete-studies', intervalMs: 500, clock, log, act: complete }),
    ],
  }
}
