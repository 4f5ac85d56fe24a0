import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { commandErrors } from '../command/errors.ts'

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Root runs PostgreSQL as another user, who must pass through this folder to its own; 0711 lets pass and shows
 * nothing. What is inside is 0700 folder by folder.
 */
const FOLDER_MODE = process.getuid?.() === 0 ? 0o711 : 0o700

/**
 * Makes the data folder and claims it for this process, so that two hubs never run on one folder. A claim left
 * by a killed process is taken over.
 * @throws command.already-running
 */
export async function claimDataFolder(directory: string): Promise<{ readonly release: () => Promise<void> }> {
  await mkdir(directory, { recursive: true, mode: FOLDER_MODE })
  const path = join(directory, 'bithive.pid')
  for (;;) {
    try {
      const handle = await open(path, 'wx', 0o600)
      await handle.writeFile(`${process.pid}\n`)
      await handle.close()
      return { release: () => rm(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const pid = Number((await readFile(path, 'utf8').catch(() => '')).trim())
      if (pid > 0 && pid !== process.pid && alive(pid)) throw commandErrors.error('already-running', { pid })
      await rm(path, { force: true })
    }
  }
}
