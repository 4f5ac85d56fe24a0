import { readFileSync } from 'node:fs'
import { open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { nodeErrors } from './errors.ts'

/**
 * Names a process so that a number used again is not mistaken for it: on Linux with its start time, field 22 of
 * /proc/PID/stat (proc(5)); elsewhere the number alone. Undefined when no such process lives.
 */
function identityOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return `${pid}`
  }
}

/**
 * One agent a folder: a second would wipe the first one's running jobs as leftovers. The lock of an agent that was
 * killed is taken over. @throws node.already-running
 */
export async function lockFolder(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock')
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(identityOf(process.pid) ?? String(process.pid))
      await file.close()
      return () => unlink(path).catch(() => {})
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = await readFile(path, 'utf8').catch(() => '')
    const pid = Number.parseInt(holder, 10)
    if (Number.isInteger(pid) && identityOf(pid) === holder) throw nodeErrors.error('already-running', { pid })
    await unlink(path).catch(() => {})
  }
  throw nodeErrors.error('already-running')
}
