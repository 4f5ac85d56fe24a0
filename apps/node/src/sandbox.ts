import type { NodeFacts } from '@bithive/api/compute'
import type { LocalText } from '@bithive/api/workload'

/** Bounds of one run. A program that passes one is stopped. */
export type SandboxLimits = {
  readonly wallMs: number
  readonly cpuSeconds: number
  readonly memoryMb: number
  readonly resultBytes: number
}

/**
 * One run. `folder` holds `job.json`, `input.bundle` and an empty `result.json`, and is all of the machine's data
 * that the program gets; only `result.json` can be written.
 */
export type SandboxTask = {
  readonly folder: string
  readonly workload: { readonly id: string; readonly version: string; readonly digest: string }
  readonly runtime: 'ts-kernel' | 'onnx'
  readonly limits: SandboxLimits
}

/** Stage is a short word of the program's own, fraction runs from 0 to 1. */
export type Progress = (stage: string, fraction: number) => void

/** Runs one pinned workload apart from the agent. Two implementations, one suite. */
export type Sandbox = {
  readonly facts: NodeFacts['sandbox']
  /** What the sandbox does and does not keep apart, said at start. */
  readonly statement: LocalText
  /**
   * Runs until the program has written its result; the caller reads it.
   * @returns CPU time in milliseconds.
   * @throws node.sandbox-refused, node.sandbox-time-out, node.out-of-memory, node.result-too-large,
   * node.sandbox-crashed, node.revoked when the signal aborts, or the failure that the workload named.
   */
  readonly run: (task: SandboxTask, onProgress: Progress, signal: AbortSignal) => Promise<{ readonly cpuMs: number }>
}
