import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Sha256Hex } from '@bithive/api/compute'
import { WorkloadResult } from '@bithive/api/workload'
import { DomainError } from '@bithive/kernel/errors'
import { sha256Hex } from '@bithive/kernel/ids'
import { z } from 'zod'
import type { SandboxLine } from './watch-sandbox.ts'
import type { WorkloadShelf } from './workload-shelf.ts'

/** What the agent writes for the program inside; it names no job, no organisation and no person. */
export const JobFile = z.strictObject({
  workload: z.string(),
  version: z.string(),
  digest: Sha256Hex,
  inputSha256: Sha256Hex,
})
export type JobFile = z.infer<typeof JobFile>

const say = (line: SandboxLine) => process.stdout.write(`${JSON.stringify(line)}\n`)

class Failed extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** Only a code leaves the sandbox: a message might quote the input. */
function codeOf(error: unknown): string {
  if (error instanceof Failed || error instanceof DomainError) return error.code
  if (error instanceof RangeError && /allocation failed|invalid array/i.test(error.message)) return 'node.out-of-memory'
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'EFBIG') return 'node.result-too-large'
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return 'node.scratch-full'
  }
  return 'node.workload-failed'
}

async function compute(shelf: WorkloadShelf, folder: string): Promise<void> {
  const job = JobFile.parse(JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8')))
  const workload = await shelf.find(job.workload, job.version)
  if (!workload) throw new Failed('node.workload-unknown')
  // Recomputed here from the very files that are about to run, so a file changed after the offer is still caught.
  if (workload.digest !== job.digest) throw new Failed('node.workload-altered')
  const bundle = new Uint8Array(readFileSync(join(folder, 'input.bundle')))
  const never = new AbortController().signal
  const raw = await workload.run(bundle, (stage, fraction) => say({ stage, fraction }), never)
  const result = WorkloadResult.safeParse(raw).data
  if (result?.workload !== job.workload || result.version !== job.version) throw new Failed('node.result-invalid')
  if (result.inputSha256 !== sha256Hex(bundle)) throw new Failed('node.result-invalid')
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result))
}

/** Runs inside the sandbox: reads the job's folder, runs the workload, writes the result, says how it ended. */
export async function runJob(shelf: WorkloadShelf, folder: string): Promise<void> {
  // The agent holds the other end: when it dies, so does this process, also where the kernel does not see to it.
  process.stdin.resume().once('end', () => process.exit(1))
  try {
    await compute(shelf, folder)
    const { user, system } = process.cpuUsage()
    say({ done: true, cpuMs: Math.round((user + system) / 1_000) })
    process.exit(0)
  } catch (error) {
    say({ failed: codeOf(error) })
    process.exit(1)
  }
}
