import { spawn } from 'node:child_process'
import { access, constants, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DONE_FILE } from './done-file.ts'
import { hashSources, REPOSITORY } from './hash-sources.ts'

const ENTRY = fileURLToPath(new URL('./build-entry.ts', import.meta.url))

/** A build takes ten seconds; a machine that needs this long has another trouble. */
const LONGEST_MS = 300_000
const MOST_SAID = 4_000

const isThere = (path: string, how: number = constants.F_OK) =>
  access(path, how).then(
    () => true,
    () => false,
  )

/** Beside the sources; where those cannot be written to (an installed package, another owner), in the data folder. */
async function parentFor(preferred: string, fallback: string): Promise<string> {
  try {
    await mkdir(preferred, { recursive: true })
    if (await isThere(preferred, constants.W_OK)) return preferred
  } catch {
    // Said by the fallback being used.
  }
  return fallback
}

function build(parent: string, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn(process.execPath, [ENTRY, parent], {
      env: { ...env, NODE_ENV: 'production', NO_COLOR: '1', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
      ...(signal ? { signal } : {}),
    })
    let output = ''
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-MOST_SAID)
    })
    child.once('error', reject)
    child.once('close', (code) => {
      const directory = output.trim().split('\n').at(-1)
      if (code === 0 && directory) resolve(directory)
      else reject(new Error(`the console was not built (exit ${code}): ${said.trim()}`))
    })
  })
}

export type EnsureConsole = {
  /** Used when the folder beside the sources cannot be written to. */
  readonly fallback: string
  readonly preferred?: string
  /** Called before a build, which takes seconds; not called when nothing is to be built. */
  readonly onBuild?: () => void
  /** Ends a build that nobody waits for any more. */
  readonly signal?: AbortSignal
}

/**
 * The folder of the console built from the sources as they are now, building it when it is missing or stale.
 * Vite is loaded only then, and in a process of its own.
 */
export async function ensureConsole(options: EnsureConsole): Promise<string> {
  const { fallback, preferred = join(REPOSITORY, 'apps', 'console', 'dist') } = options
  const hash = await hashSources()
  for (const parent of [preferred, fallback]) {
    if (await isThere(join(parent, hash, DONE_FILE))) return join(parent, hash)
  }
  options.onBuild?.()
  return build(await parentFor(preferred, fallback), options.signal)
}
