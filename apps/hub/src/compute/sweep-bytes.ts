import { leasesWithSpentBytes, noteBytesGone } from './lease-store.ts'
import type { Room } from './ports.ts'
import { leaseFolder } from './stage-input.ts'

const PAGE = 100

/**
 * Deletes the sealed inputs and results that nobody needs any more: of leases that ended, and of settled jobs. By
 * folder and not by name, so that bytes whose upload was cut short go too.
 */
export async function sweepBytes(room: Room): Promise<number> {
  const leases = await leasesWithSpentBytes(room.db.worker, PAGE)
  for (const lease of leases) {
    for (const key of await room.blobs.list(`${leaseFolder(lease)}/`)) await room.blobs.delete(key)
    await noteBytesGone(room.db.worker, lease)
  }
  return leases.length
}
