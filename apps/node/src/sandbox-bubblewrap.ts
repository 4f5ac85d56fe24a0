import { lstatSync, readlinkSync } from 'node:fs'
import type { Clock } from '@bithive/kernel/clock'
import { limitArguments } from './limit-arguments.ts'
import { defaultEntry, nodeArguments, readablePaths } from './node-command.ts'
import type { Sandbox, SandboxTask } from './sandbox.ts'
import { type SandboxCommand, watchSandbox } from './watch-sandbox.ts'

const INSIDE = '/job'
const TMP_BYTES = 67_108_864

/** `/lib` and its sisters are links into `/usr` on most systems and folders on some: shown as they are here. */
function libraryArguments(): string[] {
  const args: string[] = []
  for (const path of ['/usr/lib', '/usr/lib32', '/usr/lib64', '/lib', '/lib64', '/usr/bin/prlimit']) {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat?.isSymbolicLink()) args.push('--symlink', readlinkSync(path), path)
    else if (stat) args.push('--ro-bind', path, path)
  }
  return args
}

/** The whole command line; also what the trial runs, so that the trial proves what a job gets. */
export function bubblewrapCommand(entry: string, task: SandboxTask, trial = false): SandboxCommand {
  const { folder, limits } = task
  return {
    program: 'bwrap',
    args: [
      ...['--unshare-all', '--unshare-user', '--disable-userns', '--uid', '65534', '--gid', '65534'],
      ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv', '--hostname', 'sandbox'],
      // Before the code is shown: an installation below /tmp would otherwise lie under the new, empty one.
      ...['--dev', '/dev', '--size', String(TMP_BYTES), '--tmpfs', '/tmp'],
      ...libraryArguments(),
      ...readablePaths().flatMap((path) => ['--ro-bind', path, path]),
      ...['--ro-bind', folder, INSIDE, '--bind', `${folder}/result.json`, `${INSIDE}/result.json`, '--chdir', '/'],
      ...limitArguments(limits),
      process.execPath,
      ...nodeArguments({
        entry,
        folder: INSIDE,
        memoryMb: limits.memoryMb,
        addons: trial || task.runtime === 'onnx',
        readAll: trial,
      }),
    ],
  }
}

/**
 * Namespaces of their own by bubblewrap 0.8 or newer (https://github.com/containers/bubblewrap): a network with
 * nothing but its own loopback, no process of the host, no capability, no further user namespace, no `/proc`, and of
 * files only read-only code and the job's folder. Whether it works here is for `openSandbox` to try.
 */
export function createBubblewrapSandbox(deps: { clock: Clock; entry?: string }): Sandbox {
  return {
    facts: { kind: 'bubblewrap', isolatesNetwork: true, isolatesFiles: true },
    statement: {
      zh: '沙箱 bubblewrap：计算没有网络，只看得到作业文件夹。',
      en: 'Sandbox bubblewrap: a computation has no network and sees only its own job folder.',
    },
    run: (task, onProgress, signal) =>
      watchSandbox(deps, bubblewrapCommand(deps.entry ?? defaultEntry, task), {
        wallMs: task.limits.wallMs,
        onProgress,
        signal,
      }),
  }
}
