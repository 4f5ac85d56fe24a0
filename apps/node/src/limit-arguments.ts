import { existsSync, readFileSync } from 'node:fs'
import type { SandboxLimits } from './sandbox.ts'

/**
 * V8 reserves 512 MiB of address space for code and Node some 60 MiB for stacks before a program runs (measured with
 * Node 24.21 on Linux x64: it starts from 576 MiB). RLIMIT_DATA counts the reservation, so it is added to the limit.
 */
const RUNTIME_RESERVE_MB = 640
const PRLIMIT = '/usr/bin/prlimit'

/** Names of /proc/self/limits (proc(5)) for the options of prlimit(1). */
const NAMES = {
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  nproc: 'Max processes',
  nofile: 'Max open files',
} as const

/** The agent's own hard limits: a limit above them cannot be set, and the program would not start at all. */
function readHardLimits(): Map<string, number> {
  const rows = readFileSync('/proc/self/limits', 'utf8').split('\n')
  return new Map(
    Object.entries(NAMES).map(([option, name]) => {
      const [, hard] = (rows.find((row) => row.startsWith(name)) ?? '').slice(name.length).trim().split(/\s+/)
      return [option, hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)]
    }),
  )
}

/** Limits that the kernel keeps (prlimit(1), util-linux); none where that program is missing. */
export function limitArguments(limits: SandboxLimits): string[] {
  if (process.platform !== 'linux' || !existsSync(PRLIMIT)) return []
  const wanted = {
    cpu: limits.cpuSeconds,
    data: (limits.memoryMb + RUNTIME_RESERVE_MB) * 1_048_576,
    fsize: limits.resultBytes,
    nproc: 64,
    nofile: 256,
  }
  const hard = readHardLimits()
  const capped = Object.entries(wanted).map(([option, value]) => {
    const most = Math.min(value, hard.get(option) ?? value)
    // At the soft limit the program gets SIGXCPU, which names the reason; SIGKILL follows two seconds later.
    const last = option === 'cpu' ? Math.min(most + 2, hard.get(option) ?? most) : most
    return `--${option}=${most}:${last}`
  })
  return [PRLIMIT, ...capped, '--core=0']
}
