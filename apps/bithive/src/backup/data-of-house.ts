import { join, resolve } from 'node:path'
import { hubMigrations } from '@bithive/hub'
import { findRunningPostgres, startPostgres } from '@bithive/kernel/database'
import type { Log } from '@bithive/kernel/log'
import { siteMigrations } from '@bithive/site'

/** Folders of a house beside its databases. The secrets of the hub are named apart because a backup must have some. */
const FOLDERS = {
  'hub-blobs': 'hub/blobs',
  'site-blobs': 'site/blobs',
  'site-incoming': 'site/incoming',
  'site-secrets': 'site/secrets',
  sample: 'sample',
  own: 'own',
  nodes: 'nodes',
} as const

export const DATABASES = [
  { name: 'hub', rooms: [...hubMigrations] },
  { name: 'site', rooms: [...siteMigrations] },
] as const

export const FOLDER_NAMES = Object.keys(FOLDERS)

/** Where the parts of a house lie in its data folder. */
export function foldersOf(directory: string) {
  return {
    blobDirectories: Object.entries(FOLDERS).map(([name, path]) => ({ name, path: join(resolve(directory), path) })),
    secretsDirectory: join(resolve(directory), 'hub', 'secrets'),
  }
}

/**
 * Runs with the database server of a data folder: the operator's own, the one that a running house uses, or one that
 * is started for as long as it takes.
 */
export async function withServer<T>(
  deps: { readonly directory: string; readonly databaseUrl: string | undefined; readonly log: Log },
  run: (url: (database: string) => string) => Promise<T>,
): Promise<T> {
  const { databaseUrl } = deps
  if (databaseUrl) {
    return run((database) => {
      const url = new URL(databaseUrl)
      url.pathname = `/${database}`
      return url.href
    })
  }
  const directory = join(resolve(deps.directory), 'postgres')
  const running = findRunningPostgres(directory)
  if (running) return run(running)
  const server = await startPostgres({ directory, log: deps.log })
  try {
    return await run(server.url)
  } finally {
    await server.stop()
  }
}
