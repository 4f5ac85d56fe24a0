import { execFileSync } from 'node:child_process'

type Process = { readonly pid: number; readonly parent: number; readonly command: string }

function processes(): Process[] {
  const text = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8', maxBuffer: 16_777_216 })
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] as string }] : []
  })
}

/** `root` and every process below it (children, their children …). */
function family(root: number) {
  const all = processes()
  const ours = new Set([root])
  for (let grown = true; grown; ) {
    grown = false
    for (const { pid, parent } of all) {
      if (ours.has(parent) && !ours.has(pid)) {
        ours.add(pid)
        grown = true
      }
    }
  }
  return { all, ours }
}

/** A process below `root` whose command line matches. Never one that is not ours. */
export function descendant(root: number, pattern: RegExp): number {
  const { all, ours } = family(root)
  const found = all.find(({ pid, command }) => pid !== root && ours.has(pid) && pattern.test(command))
  if (!found) throw new Error(`no process below ${root} matches ${pattern}`)
  return found.pid
}

/** Addresses on which `root` and every process below it listen for TCP, as `ss` prints them. */
export function openAddresses(root: number): string[] {
  const { ours } = family(root)
  const text = execFileSync('ss', ['-H', '-l', '-t', '-n', '-p'], { encoding: 'utf8' })
  return text.split('\n').flatMap((line) => {
    const pid = /pid=(\d+)/.exec(line)?.[1]
    const address = line.trim().split(/\s+/)[3]
    return pid && ours.has(Number(pid)) && address ? [address] : []
  })
}
