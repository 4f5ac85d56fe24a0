import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'

/**
 * A mark of one running process that a later process with the same number does not share: on Linux the boot and
 * the start time (proc(5), field 22), elsewhere only that the number is taken. Undefined when nothing runs there.
 */
export function processMark(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (fields[0] === 'Z' || fields[0] === 'X') return undefined
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${fields[19]}`
    } catch {
      return undefined
    }
  }
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : undefined
  }
}

type Claim = { readonly pid: number; readonly mark: string }

function readClaim(file: string): Claim | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Claim
  } catch {
    return undefined
  }
}

type Held = { readonly release: () => void } | { readonly heldBy: number }

/**
 * Everyone writes its own claim first and looks for others afterwards, so of two that start at once at least one
 * sees the other and steps back: never two owners, whatever the timing.
 */
function claimOnce(directory: string): Held {
  const name = `owner-${process.pid}-${randomBytes(6).toString('hex')}`
  const mine = join(directory, `${name}.json`)
  const claim: Claim = { pid: process.pid, mark: processMark(process.pid) ?? 'alive' }
  writeFileSync(join(directory, `${name}.new`), JSON.stringify(claim), { mode: 0o600 })
  renameSync(join(directory, `${name}.new`), mine)
  for (const entry of readdirSync(directory)) {
    if (!/^owner-.*\.json$/.test(entry) || entry === `${name}.json`) continue
    const other = readClaim(join(directory, entry))
    if (other && processMark(other.pid) === other.mark) {
      rmSync(mine, { force: true })
      return { heldBy: other.pid }
    }
    rmSync(join(directory, entry), { force: true })
  }
  return { release: () => rmSync(mine, { force: true }) }
}

/**
 * Claims a directory for this process.
 * @returns how to give it up, or the number of the process that holds it.
 */
export async function claimDirectory(directory: string, clock: Clock): Promise<Held> {
  // Two that start at once may both step back, so each tries again after a time of its own.
  for (let round = 0; ; round++) {
    const held = claimOnce(directory)
    if ('release' in held || held.heldBy === process.pid || round === 3) return held
    await clock.sleep(20 + (randomBytes(1)[0] as number))
  }
}
