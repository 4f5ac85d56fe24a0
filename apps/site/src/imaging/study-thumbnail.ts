import type { Actor } from '@bithive/kernel/actor'
import type { ImagingDeps } from './deps.ts'
import type { ImageReader } from './dicom-web/read-images.ts'
import { readRendering } from './dicom-web/read-pictures.ts'
import { imagingErrors } from './errors.ts'
import { openJson, type SealedStudy } from './register-instance.ts'
import * as store from './store.ts'

/** Twice the side that a phone shows it at. */
const SIDE = '320,320'

/**
 * The picture that stands for a study, by the id of the register. Who may see it is the caller's question; that it was
 * seen is recorded before the bytes leave.
 * @throws imaging.unknown-study, not-decodable, not-renderable, kernel.person-forgotten
 */
export const studyThumbnail =
  (deps: ImagingDeps, reader: Pick<ImageReader, 'picture'>) =>
  async (studyId: string, actor: Actor): Promise<{ readonly bytes: Uint8Array; readonly mediaType: string }> => {
    const row = await deps.db.asOrg(deps.orgId, (tx) => store.findStudy(tx, studyId))
    if (!row) throw imagingErrors.error('unknown-study')
    const { studyInstanceUid } = await openJson<SealedStudy>(deps, row.personId, row.sealed, studyId)
    const rendering = readRendering(new URLSearchParams({ viewport: SIDE }), 'thumbnail')
    const answer = await reader.picture(actor, { study: studyInstanceUid }, 'image/png', rendering)
    if (answer.kind !== 'whole') throw imagingErrors.error('not-renderable')
    return { bytes: answer.body, mediaType: answer.contentType }
  }
