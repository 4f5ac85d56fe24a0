import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { buildSettings } from './build-settings.ts'
import { DONE_FILE } from './done-file.ts'
import { hashSources, REPOSITORY } from './hash-sources.ts'
import { checkSizes, measureEntries, SIZES_FILE } from './measure-entries.ts'

/** What a browser unpacks by itself gains nothing from being packed twice. */
const COMPRESSIBLE = /\.(js|css|html|svg|json|md|wasm)$/

/** Builds kept beside the newest, for houses that still serve one. */
const KEPT = 3

const packed = { gzip: promisify(gzip), brotli: promisify(brotliCompress) }

async function compress(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  const paths = entries.filter((one) => one.isFile() && COMPRESSIBLE.test(one.name))
  await Promise.all(
    paths.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name)
      const bytes = await readFile(path)
      const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 7, [constants.BROTLI_PARAM_LGWIN]: 22 } }
      await writeFile(`${path}.gz`, await packed.gzip(bytes, { level: 9 }))
      await writeFile(`${path}.br`, await packed.brotli(bytes, quality))
    }),
  )
}

async function copyGuides(directory: string): Promise<void> {
  const from = join(REPOSITORY, 'docs', 'rooms')
  await mkdir(join(directory, 'docs'))
  for (const name of await readdir(from)) {
    if (name.endsWith('.md')) await cp(join(from, name), join(directory, 'docs', name))
  }
}

/** Removes old builds; one that cannot be removed is left. */
async function forgetOldBuilds(parent: string, newest: string): Promise<void> {
  const others = (await readdir(parent)).filter((name) => /^[0-9a-f]{16}$/.test(name) && name !== newest)
  const dated = await Promise.all(
    others.map(async (name) => ({
      name,
      at: await stat(join(parent, name)).then(
        (one) => one.mtimeMs,
        () => 0,
      ),
    })),
  )
  const old = dated.sort((a, b) => b.at - a.at).slice(KEPT)
  for (const { name } of old) await rm(join(parent, name), { recursive: true, force: true }).catch(() => {})
}

/**
 * Builds the console into `<parent>/<hash of its sources>`, by way of a folder of its own that is renamed when it is
 * whole: of two houses that start at once the second finds the work done. @returns the folder.
 * @throws Error when an entry is larger than allowed, or when vite fails
 */
export async function buildConsole(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true })
  const hash = await hashSources()
  const final = join(resolve(parent), hash)
  const temporary = await mkdtemp(join(resolve(parent), 'building-'))
  try {
    const { build } = await import('vite')
    await build({ ...buildSettings(temporary), configFile: false, logLevel: 'warn' })
    const sizes = await measureEntries(temporary)
    checkSizes(sizes)
    await writeFile(join(temporary, SIZES_FILE), `${JSON.stringify(sizes, null, 2)}\n`)
    await rm(join(temporary, '.vite'), { recursive: true })
    await copyGuides(temporary)
    await compress(temporary)
    await writeFile(join(temporary, DONE_FILE), `${JSON.stringify({ hash })}\n`)
    await rename(temporary, final).catch(async (error: NodeJS.ErrnoException) => {
      // Another house was first; its build is of the same sources.
      const done = await readFile(join(final, DONE_FILE)).catch(() => undefined)
      if (!done) throw error
    })
    await forgetOldBuilds(parent, hash)
    return final
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}
