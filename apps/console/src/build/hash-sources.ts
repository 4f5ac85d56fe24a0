import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url))

/** Everything that a built console is made of. The lock stands for all packages. */
const SOURCES = [
  'apps/console/src',
  'apps/console/public',
  'apps/console/index.html',
  'apps/console/m.html',
  'packages/api/src',
  'docs/rooms',
  'package-lock.json',
] as const

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') return undefined
      throw error
    },
  )
  if (!entries) return [path]
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

const isTest = (path: string) => /\.test\.tsx?$/.test(path)

/** Names the state of all sources in 16 hexadecimal digits: two equal names are one console. */
export async function hashSources(root = REPOSITORY): Promise<string> {
  const found = (await Promise.all(SOURCES.map((path) => filesOf(join(root, path))))).flat()
  const paths = found.filter((path) => !isTest(path)).sort()
  const hash = createHash('sha256')
  for (const path of paths) {
    const bytes = await readFile(path)
    hash.update(`${relative(root, path)}\n${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex').slice(0, 16)
}
