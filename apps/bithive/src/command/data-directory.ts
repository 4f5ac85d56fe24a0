import { resolve } from 'node:path'

/** The data folder that a command works with, as `bithive up` chooses it. */
export function dataDirectoryOf(env: Readonly<Record<string, string | undefined>>): string {
  return resolve(env.BITHIVE_DATA_DIR ?? '.bithive')
}
