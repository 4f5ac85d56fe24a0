import { X509Certificate } from 'node:crypto'
import { readFile, statfs } from 'node:fs/promises'
import type { HousePort } from '@bithive/hub'
import type { Settings } from '@bithive/kernel/config'

/** What the machine and the settings say of a house. */
export function describeHouse(deps: {
  readonly settings: Settings
  readonly directory: string
  readonly version: string
}): Omit<HousePort, 'backups' | 'setup'> {
  const { settings, directory, version } = deps
  return {
    version,
    directory,
    embeddedDatabase: settings.DATABASE_URL === undefined,
    disk: async () => {
      const disk = await statfs(directory).catch(() => undefined)
      return disk && { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize }
    },
    certificateEndsAt: async () => {
      const file = settings.BITHIVE_TLS_CERT_FILE
      if (!file) return undefined
      return Date.parse(new X509Certificate(await readFile(file)).validTo)
    },
  }
}
