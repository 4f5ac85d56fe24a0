import { execFile } from 'node:child_process'
import { availableParallelism, totalmem } from 'node:os'
import type { NodeFacts } from '@bithive/api/compute'
import type { Clock } from '@bithive/kernel/clock'
import { invariant } from '@bithive/kernel/errors'
import type { OpenedSandbox } from './open-sandbox.ts'
import { REFERENCE_CHECKSUM, runReferenceKernel } from './reference-kernel.ts'
import type { Scratch } from './scratch.ts'
import type { WorkloadShelf } from './workload-shelf.ts'

const AGENT_VERSION = '0.1.0'

const BENCHMARK_MS = 250
const BENCHMARK_RUNS = 2_000

/**
 * Runs of the reference kernel a second, on one core, with one decimal. What else the machine does at that moment
 * slows it down, so it is what a job may expect and not the best the machine can do.
 * @throws InvariantError when the kernel's outcome is not the pinned one.
 */
export function measureBenchmark(clock: Clock): number {
  invariant(runReferenceKernel() === REFERENCE_CHECKSUM, 'the reference kernel gives its pinned checksum')
  const startedAt = clock.now()
  let runs = 0
  let elapsedMs = 0
  while (elapsedMs < BENCHMARK_MS && runs < BENCHMARK_RUNS) {
    runReferenceKernel()
    runs++
    elapsedMs = clock.now() - startedAt
  }
  return elapsedMs > 0 ? Math.round((runs * 10_000) / elapsedMs) / 10 : 0
}

/** GPUs that `nvidia-smi -L` lists, one a line; 0 where it is missing or fails. */
export function countGpus(program = 'nvidia-smi'): Promise<number> {
  return new Promise((resolve) => {
    execFile(program, ['-L'], { timeout: 5_000, maxBuffer: 65_536, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve(error ? 0 : Math.min(64, stdout.split('\n').filter((line) => /^GPU \d+:/.test(line)).length))
    })
  })
}

/** Memory in MiB: the container's limit where there is one. */
function memoryMb(): number {
  const limit = process.constrainedMemory()
  const bytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return Math.max(1, Math.floor(bytes / 1_048_576))
}

/** What this node is, measured: the hub pays for nothing that was only declared. */
export async function measureHardware(deps: {
  clock: Clock
  scratch: Scratch
  opened: OpenedSandbox
  shelf: WorkloadShelf
}): Promise<NodeFacts> {
  const runtimes: NodeFacts['runtimes'] = deps.opened.onnx ? ['ts-kernel', 'onnx'] : ['ts-kernel']
  const carried = await deps.shelf.list()
  return {
    agentVersion: AGENT_VERSION,
    platform: `${process.platform}-${process.arch}`,
    cpuCores: availableParallelism(),
    memoryMb: memoryMb(),
    scratchFreeMb: await deps.scratch.freeMb(),
    gpus: await countGpus(),
    benchmark: measureBenchmark(deps.clock),
    sandbox: deps.opened.sandbox.facts,
    runtimes,
    workloads: carried
      .filter(({ needs }) => runtimes.includes(needs.runtime))
      .map(({ id, version, digest }) => ({ id, version, digest })),
  }
}
