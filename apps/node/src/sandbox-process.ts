import { existsSync } from 'node:fs'
import type { Clock } from '@bithive/kernel/clock'
import { nodeErrors } from './errors.ts'
import { limitArguments } from './limit-arguments.ts'
import { defaultEntry, nodeArguments } from './node-command.ts'
import type { Sandbox, SandboxTask } from './sandbox.ts'
import { type SandboxCommand, watchSandbox } from './watch-sandbox.ts'

const SETPRIV = '/usr/bin/setpriv'

/** On Linux the kernel kills the program with its agent (prctl PR_SET_PDEATHSIG); elsewhere it sees its input close. */
function dieWithAgent(): string[] {
  return process.platform === 'linux' && existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : []
}

export function processCommand(entry: string, task: SandboxTask, trial = false): SandboxCommand {
  const node = nodeArguments({
    entry,
    folder: task.folder,
    memoryMb: task.limits.memoryMb,
    addons: trial || task.runtime === 'onnx',
    readAll: trial,
  })
  const [program = process.execPath, ...args] = [
    ...dieWithAgent(),
    ...limitArguments(task.limits),
    process.execPath,
    ...node,
  ]
  return { program, args }
}

/**
 * A plain child process with a cleared environment, limits and Node's permission model, which is no wall against
 * hostile code. It therefore runs only programs whose digest equals the one that this agent carries.
 */
export function createProcessSandbox(deps: {
  clock: Clock
  entry?: string
  /** Digest of a carried workload, recomputed from its files; undefined for any other program. */
  pinned: (id: string, version: string) => Promise<string | undefined>
}): Sandbox {
  return {
    facts: { kind: 'process', isolatesNetwork: false, isolatesFiles: false },
    statement: {
      zh: '沙箱 process：不隔离网络，也不隔离文件；只运行随附并按哈希固定的程序。',
      en: 'Sandbox process: isolates neither network nor files. It runs only bundled workloads pinned by hash.',
    },
    run: async (task, onProgress, signal) => {
      const carried = await deps.pinned(task.workload.id, task.workload.version)
      if (carried === undefined || carried !== task.workload.digest) {
        throw nodeErrors.error('sandbox-refused', { sandbox: 'process' })
      }
      return watchSandbox(deps, processCommand(deps.entry ?? defaultEntry, task), {
        wallMs: task.limits.wallMs,
        onProgress,
        signal,
      })
    },
  }
}
