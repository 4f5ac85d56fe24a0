import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HubToNode, ResultEnvelope } from '@bithive/api/compute'
import { canonicalEnvelope } from '@bithive/api/result-envelope'
import { WorkloadResult } from '@bithive/api/workload'
import type { Clock } from '@bithive/kernel/clock'
import { sha256Hex } from '@bithive/kernel/ids'
import { openSealed, seal, signText } from '@bithive/kernel/sealed-box'
import { nodeErrors } from './errors.ts'
import type { NodeKeys } from './keys.ts'
import type { JobFile } from './run-job.ts'
import type { Progress, Sandbox, SandboxLimits } from './sandbox.ts'
import type { Scratch, Wiped } from './scratch.ts'
import type { Transfer } from './transfer.ts'
import type { ShelvedWorkload } from './workload-shelf.ts'

export type Start = Extract<HubToNode, { type: 'start' }>
export type Returned = { readonly envelope: ResultEnvelope; readonly signature: string }

export type RunLeaseDeps = {
  readonly nodeId: string
  readonly keys: NodeKeys
  readonly transfer: Transfer
  readonly scratch: Scratch
  readonly sandbox: Sandbox
  readonly clock: Clock
  readonly maxInputBytes: number
  /** Called with the proof each time a job's folder was wiped. */
  readonly onWiped: (wiped: Wiped) => void
}

const MIB = 1_048_576
const RESULT_BYTES = 64 * MIB
/** The hub takes a lease back after an hour of computing; a run ends before that. */
const MOST_WALL_MS = 3_000_000

/** Thirty times what the card expects on a reference core, and at least a minute, before a run counts as stuck. */
export function limitsFor(needs: ShelvedWorkload['needs']): SandboxLimits {
  const cpuSeconds = Math.min(MOST_WALL_MS / 1_000, Math.ceil(30 * needs.cpuSeconds) + 60)
  const wallMs = Math.min(MOST_WALL_MS, 2 * cpuSeconds * 1_000)
  return { wallMs, cpuSeconds, memoryMb: needs.memoryMb, resultBytes: RESULT_BYTES }
}

/** A full disk is the node's own trouble, and named so. */
function explainDisk(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' ? nodeErrors.error('scratch-full') : error
}

async function readResult(folder: string, job: JobFile, limitBytes: number): Promise<Uint8Array> {
  const path = join(folder, 'result.json')
  if ((await stat(path)).size > limitBytes) throw nodeErrors.error('result-too-large', { limitBytes })
  const bytes = new Uint8Array(await readFile(path))
  let raw: unknown
  try {
    raw = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw nodeErrors.error('result-invalid')
  }
  const result = WorkloadResult.safeParse(raw).data
  const isOurs =
    result?.workload === job.workload && result.version === job.version && result.inputSha256 === job.inputSha256
  if (!isOurs) throw nodeErrors.error('result-invalid')
  return bytes
}

/** Fetches and opens the input. @throws node.input-too-large, node.scratch-full, node.input-altered, seal.unreadable */
async function openInput(deps: RunLeaseDeps, start: Start, signal: AbortSignal): Promise<Uint8Array> {
  if (start.sealedBytes > deps.maxInputBytes) {
    throw nodeErrors.error('input-too-large', { bytes: start.sealedBytes, limitBytes: deps.maxInputBytes })
  }
  if ((await deps.scratch.freeMb()) * MIB < start.sealedBytes) throw nodeErrors.error('scratch-full')
  const sealed = await deps.transfer.getInput(start, start.sealedBytes, signal)
  if (sha256Hex(sealed) !== start.sealedSha256) throw nodeErrors.error('input-altered', { part: 'sealed' })
  const input = await openSealed(deps.keys.seal, sealed, `input:${start.jobId}:${start.epoch}`)
  if (sha256Hex(input) !== start.inputSha256) throw nodeErrors.error('input-altered', { part: 'plain' })
  return input
}

type Computed = { readonly result: Uint8Array; readonly cpuMs: number }

/** Runs in a folder of its own, which is wiped on every way out. */
async function compute(
  deps: RunLeaseDeps,
  job: JobFile,
  workload: ShelvedWorkload,
  input: Uint8Array,
  onProgress: Progress,
  signal: AbortSignal,
): Promise<Computed> {
  const folder = await deps.scratch.create()
  try {
    const file = (name: string, bytes: Uint8Array | string) => writeFile(join(folder, name), bytes, { mode: 0o600 })
    try {
      await file('job.json', JSON.stringify(job))
      await file('input.bundle', input)
      await file('result.json', '')
    } catch (error) {
      throw explainDisk(error)
    }
    const limits = limitsFor(workload.needs)
    const { id, version } = workload
    const task = { folder, workload: { id, version, digest: job.digest }, runtime: workload.needs.runtime, limits }
    const { cpuMs } = await deps.sandbox.run(task, onProgress, signal)
    return { result: await readResult(folder, job, limits.resultBytes), cpuMs }
  } finally {
    deps.onWiped(await deps.scratch.wipe(folder))
  }
}

/**
 * One lease from its start to the result lying at the hub. Nothing of the input leaves this function but the sealed
 * result, hashes and a code.
 * @returns the signed envelope, to be sent once. @throws node.*, seal.unreadable; node.revoked when the signal aborts.
 */
export async function runLease(
  deps: RunLeaseDeps,
  workload: ShelvedWorkload,
  start: Start,
  onProgress: Progress,
  signal: AbortSignal,
): Promise<Returned> {
  const { jobId, epoch, inputSha256 } = start
  const startedAt = deps.clock.now()
  // 1 Fetch, open, check.
  onProgress('fetching', 0)
  const input = await openInput(deps, start, signal)
  // 2 Compute apart; the plain input and result are wiped from the disk before anything is sent.
  const job: JobFile = { workload: workload.id, version: workload.version, digest: workload.digest, inputSha256 }
  const { result, cpuMs } = await compute(deps, job, workload, input, onProgress, signal)
  // 3 Seal to the site, leave it at the hub.
  const sealed = await seal(start.resultKey, result, `result:${jobId}:${epoch}`)
  await deps.transfer.putResult(start, sealed, signal)
  // 4 Sign what binds job, lease, input and output.
  const envelope: ResultEnvelope = {
    jobId,
    epoch,
    nodeId: deps.nodeId,
    workload: workload.id,
    version: workload.version,
    workloadDigest: workload.digest,
    inputSha256,
    resultSha256: sha256Hex(result),
    sealedSha256: sha256Hex(sealed),
    cpuMs,
    startedAt,
    endedAt: deps.clock.now(),
  }
  return { envelope, signature: signText(deps.keys.sign, canonicalEnvelope(envelope)) }
}
