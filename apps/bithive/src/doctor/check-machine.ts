import { spawnSync } from 'node:child_process'
import { access, constants, mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Check } from './check.ts'

const MIN_FREE_GIB = 2
const MIN_NODE = 24

/** @param version as `process.versions.node` */
export function checkNodeVersion(version: string): Check {
  return {
    key: 'node-version',
    verdict: Number(version.split('.')[0]) >= MIN_NODE ? 'ok' : 'fail',
    found: version,
    what: { zh: 'Node.js 版本', en: 'Node.js version' },
    cure: {
      zh: `请用 npm ci 重新安装，或安装 Node ${MIN_NODE}。`,
      en: `Run npm ci again, or install Node ${MIN_NODE}.`,
    },
  }
}

/** The folder itself, or the nearest path above it that exists: examining makes nothing. */
async function nearestPath(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  )
  return exists || dirname(path) === path ? path : nearestPath(dirname(path))
}

/** Others may pass through the folder (as root, PostgreSQL's own user must) but neither list nor change it. */
const OTHERS_READ_OR_WRITE = 0o066

export async function checkDataFolder(directory: string): Promise<Check> {
  const what = { zh: '数据目录可写且仅本用户可读', en: 'Data folder can be written and is private' }
  const cure = {
    zh: '请改用可写的目录（BITHIVE_DATA_DIR）。',
    en: 'Use a folder that can be written (BITHIVE_DATA_DIR).',
  }
  const folder = await nearestPath(directory)
  if (!(await stat(folder)).isDirectory()) return { key: 'data-folder', verdict: 'fail', found: 'ENOTDIR', what, cure }
  try {
    await access(folder, constants.W_OK)
    if (folder === directory) {
      // Permission alone does not say that a read-only or full disk takes a file.
      const probe = await mkdtemp(join(folder, 'doctor-'))
      await writeFile(join(probe, 'probe'), 'x').finally(() => rm(probe, { recursive: true }))
    }
  } catch (error) {
    const found = (error as NodeJS.ErrnoException).code ?? 'error'
    return { key: 'data-folder', verdict: 'fail', found, what, cure }
  }
  if (folder !== directory) {
    const shown = { zh: `${directory}（首次启动时创建）`, en: `${directory} (made at the first start)` }
    return { key: 'data-folder', verdict: 'ok', found: 'absent', shown, what }
  }
  const open = process.platform !== 'win32' && ((await stat(directory)).mode & OTHERS_READ_OR_WRITE) !== 0
  return {
    key: 'data-folder',
    verdict: open ? 'warn' : 'ok',
    found: directory,
    what,
    cure: {
      zh: '其他用户可以查看或改动该目录，请收紧权限（chmod go-rw）。',
      en: 'Other users can read or change it: chmod go-rw.',
    },
  }
}

/** @param freeBytes what this user may still write */
export function judgeDisk(freeBytes: number): Check {
  const free = freeBytes / 2 ** 30
  return {
    key: 'disk',
    verdict: free < MIN_FREE_GIB ? 'fail' : free < MIN_FREE_GIB * 5 ? 'warn' : 'ok',
    found: `${free.toFixed(1)} GiB`,
    what: { zh: '可用磁盘空间', en: 'Free disk space' },
    cure: { zh: `请至少留出 ${MIN_FREE_GIB} GiB。`, en: `Keep at least ${MIN_FREE_GIB} GiB free.` },
  }
}

async function checkDisk(directory: string): Promise<Check> {
  const { bavail, bsize } = await statfs(await nearestPath(directory))
  return judgeDisk(bavail * bsize)
}

function checkSandbox(): Check {
  // Present is not enough: some kernels forbid the namespaces it needs, so it is tried.
  const trial = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], { timeout: 5_000 })
  const works = trial.status === 0
  return {
    key: 'sandbox',
    verdict: works ? 'ok' : 'warn',
    found: works ? 'bubblewrap' : 'process',
    ...(works ? {} : { shown: { zh: '仅进程隔离', en: 'a process only' } }),
    what: { zh: '计算沙箱', en: 'Sandbox for computing' },
    cure: {
      zh: '没有可用的 bubblewrap：节点只运行自带的负载，不隔离网络和文件。',
      en: 'No working bubblewrap: a node runs only the bundled workloads and isolates neither network nor files.',
    },
  }
}

async function checkOnnx(): Promise<Check> {
  const { loadOnnxRuntime } = await import('@bithive/node/onnx-session')
  const found = await loadOnnxRuntime().then(
    () => true,
    () => false,
  )
  return {
    key: 'onnx',
    verdict: found ? 'ok' : 'warn',
    found: found ? 'onnxruntime-node' : 'absent',
    ...(found ? {} : { shown: { zh: '未安装', en: 'not installed' } }),
    what: { zh: 'ONNX 推理', en: 'ONNX inference' },
    cure: {
      zh: '没有安装 onnxruntime-node：节点不提供 onnx.infer。',
      en: 'onnxruntime-node is not installed: a node does not offer onnx.infer.',
    },
  }
}

/** What can be said of this machine without a running hub. */
export async function checkMachine(directory: string): Promise<Check[]> {
  return [
    checkNodeVersion(process.versions.node),
    await checkDataFolder(directory),
    await checkDisk(directory),
    checkSandbox(),
    await checkOnnx(),
  ]
}
