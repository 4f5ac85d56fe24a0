import { mkdir } from 'node:fs/promises'
import { systemClock } from '@bithive/kernel/clock'
import { claimDirectory } from '@bithive/kernel/database/owner'
import { commandErrors } from '../command/errors.ts'

/**
 * Root runs PostgreSQL as another user, who must pass through this folder to its own; 0711 lets pass and shows
 * nothing. What is inside is 0700 folder by folder.
 */
const FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700

/**
 * Makes the data folder and claims it for this process, so that two hubs never run on one folder. A claim left by a
 * killed process is taken over, also when its number was given to another process since.
 * @throws command.already-running with the number of the process that holds it
 */
export async function claimDataFolder(directory: string): Promise<{ readonly release: () => Promise<void> }> {
  await mkdir(directory, { recursive: true, mode: FOLDER_MODE })
  const claim = await claimDirectory(directory, systemClock)
  if ('heldBy' in claim) throw commandErrors.error('already-running', { pid: claim.heldBy })
  return { release: async () => claim.release() }
}
