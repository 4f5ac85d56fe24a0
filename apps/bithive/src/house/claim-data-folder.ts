import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { systemClock } from '@bithive/kernel/clock'
import { claimDirectory } from '@bithive/kernel/database/owner'
import { commandErrors } from '../command/errors.ts'

/**
 * Root runs PostgreSQL as another user, who must pass through this folder to its own; 0711 lets pass and shows
 * nothing. What is inside is 0700 folder by folder.
 */
const FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700

/**
 * Makes a folder and those above it, one by one: below /proc and its like the system's own recursive call never
 * comes back. @throws command.data-folder-unusable
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE })
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    const above = dirname(path)
    const found = await stat(code === 'EEXIST' ? path : above).catch(() => undefined)
    if (code === 'EEXIST' && found?.isDirectory()) return
    if (code !== 'ENOENT' || found || above === path) {
      throw commandErrors.error('data-folder-unusable', { system: code }, error)
    }
    await makeFolder(above)
    await makeFolder(path)
  }
}

/**
 * Makes the data folder and claims it for this process, so that two hubs never run on one folder. A claim left by a
 * killed process is taken over, also when its number was given to another process since.
 * @throws command.data-folder-unusable, command.already-running with the number of the process that holds it
 */
export async function claimDataFolder(directory: string): Promise<{ readonly release: () => Promise<void> }> {
  await makeFolder(resolve(directory))
  const claim = await claimDirectory(directory, systemClock)
  if ('heldBy' in claim) throw commandErrors.error('already-running', { pid: claim.heldBy })
  return { release: async () => claim.release() }
}
