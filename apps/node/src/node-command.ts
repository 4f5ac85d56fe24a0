import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = realpathSync(fileURLToPath(new URL('../../../', import.meta.url)))

/** Code that a program inside needs to read, and nothing else of the installation: never the data folder. */
export function readablePaths(): string[] {
  const parts = ['node_modules', 'packages', 'package.json', 'apps/node/src', 'apps/node/package.json']
  const paths = [...parts, 'apps/node/node_modules'].map((part) => join(repository, part))
  return [...paths, process.execPath].filter((path) => existsSync(path))
}

/** The file that runs inside unless a test gives another. */
export const defaultEntry = fileURLToPath(new URL('./sandbox-entry.ts', import.meta.url))

/**
 * Node with its permission model: reads only code and the job's folder, writes only the result, starts no process,
 * no worker, and loads native code only for ONNX. `readAll` is for the trial, which measures the walls outside Node.
 */
export function nodeArguments(options: {
  entry: string
  folder: string
  memoryMb: number
  addons: boolean
  readAll?: boolean
}): string[] {
  const reads = options.readAll ? ['*'] : [...readablePaths(), options.folder]
  return [
    '--permission',
    ...reads.map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${join(options.folder, 'result.json')}`,
    ...(options.addons ? ['--allow-addons'] : []),
    `--max-old-space-size=${options.memoryMb}`,
    '--no-warnings',
    options.entry,
    options.folder,
  ]
}
