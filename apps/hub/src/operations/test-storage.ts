import type { StorageTest } from '@bithive/api/operations'
import type { Blobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import type { Ids } from '@bithive/kernel/ids'
import type { HousePort } from './ports.ts'

const PROBE = new TextEncoder().encode('bithive storage probe')

/** Writes a file durably, reads it back and removes it: the same way that images take. */
export async function testStorage(deps: {
  readonly house: HousePort
  readonly blobs: Blobs
  readonly clock: Clock
  readonly ids: Ids
}): Promise<StorageTest> {
  const { house, blobs, clock, ids } = deps
  const startedAt = clock.now()
  const key = `probe/${ids.next('probe').replace('_', '-')}`
  const { freeBytes = 0, totalBytes = 0 } = (await house.disk()) ?? {}
  const facts = { directory: house.directory, freeBytes, totalBytes }
  try {
    await blobs.put(key, PROBE)
    const read = await blobs.get(key)
    await blobs.delete(key)
    const ok = read !== undefined && Buffer.compare(read, PROBE) === 0
    return { ok, ...facts, elapsedMs: clock.now() - startedAt, ...(ok ? {} : { code: 'operations.read-differs' }) }
  } catch (error) {
    const system = (error as NodeJS.ErrnoException).code ?? 'unexpected'
    const code = isDomainError(error) ? error.code : system
    return { ok: false, ...facts, elapsedMs: clock.now() - startedAt, code }
  }
}
