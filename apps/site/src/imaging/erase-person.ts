import type { ImagingDeps } from './deps.ts'
import * as store from './store.ts'

/**
 * Removes what this room holds of a person: blobs, then rows. The person's key is destroyed by the identifiers room,
 * so that copies in backups cannot be read either. Safe to repeat.
 */
export const erasePerson =
  (deps: Pick<ImagingDeps, 'db' | 'orgId' | 'blobs'>) =>
  async (personId: string): Promise<void> => {
    const keys = await deps.db.asOrg(deps.orgId, (tx) => store.blobKeysOf(tx, personId))
    for (const key of keys) await deps.blobs.delete(key)
    await deps.db.asOrg(deps.orgId, (tx) => store.deleteStudiesOf(tx, personId))
  }
