import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Check } from './check.ts'

const MIN_FREE_GIB = 2

function checkNodeVersion(): Check {
  const major = Number(process.versions.node.split('.')[0])
  return {
    key: 'node-version',
    verdict: major >= 24 ? 'ok' : 'fail',
    found: process.versions.node,
    what: { zh: 'Node.js 版本', en: 'Node.js version' },
    cure: { zh: '请用 npm ci 重新安装，或安装 Node 24。', en: 'Run npm ci again, or install Node 24.' },
  }
}

async function checkDataFolder(directory: string): Promise<Check> {
  const what = { zh: '数据目录可写且仅本用户可读', en: 'Data folder can be written and is private' }
  try {
    await mkdir(directory, { recursive: true, mode: 0o711 })
    const probe = await mkdtemp(join(directory, 'doctor-'))
    await writeFile(join(probe, 'probe'), 'x')
    await rm(probe, { recursive: true })
  } catch (error) {
    return {
      key: 'data-folder',
      verdict: 'fail',
      found: (error as NodeJS.ErrnoException).code ?? 'error',
      what,
      cure: {
        zh: '请改用可写的目录（BITHIVE_DATA_DIR）。',
        en: 'Use a folder that can be written (BITHIVE_DATA_DIR).',
      },
    }
  }
  const open = process.platform !== 'win32' && ((await stat(directory)).mode & 0o006) !== 0
  return {
    key: 'data-folder',
    verdict: open ? 'warn' : 'ok',
    found: directory,
    what,
    cure: { zh: '其他用户可以进入该目录，请收紧权限（chmod 700）。', en: 'Other users can enter it: chmod 700.' },
  }
}

async function checkDisk(directory: string): Promise<Check> {
  const { bavail, bsize } = await statfs(directory)
  const free = (bavail * bsize) / 2 ** 30
  return {
    key: 'disk',
    verdict: free < MIN_FREE_GIB ? 'fail' : free < MIN_FREE_GIB * 5 ? 'warn' : 'ok',
    found: `${free.toFixed(1)} GiB`,
    what: { zh: '可用磁盘空间', en: 'Free disk space' },
    cure: { zh: `请至少留出 ${MIN_FREE_GIB} GiB。`, en: `Keep at least ${MIN_FREE_GIB} GiB free.` },
  }
}

function checkSandbox(): Check {
  // Present is not enough: some kernels forbid the namespaces it needs, so it is tried.
  const trial = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], { timeout: 5_000 })
  const works = trial.status === 0
  return {
    key: 'sandbox',
    verdict: works ? 'ok' : 'warn',
    found: works ? 'bubblewrap' : 'process',
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
    found: found ? 'onnxruntime-node' : '-',
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
    checkNodeVersion(),
    await checkDataFolder(directory),
    await checkDisk(directory),
    checkSandbox(),
    await checkOnnx(),
  ]
}
