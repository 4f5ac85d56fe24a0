import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Where a build keeps what was measured. */
export const SIZES_FILE = 'sizes.json'

/** The most that a browser loads before the first page, in bytes of gzip; 1 kB is 1,000. */
export const LIMITS = { 'index.html': 380_000, 'm.html': 180_000 } as const

export type EntryName = keyof typeof LIMITS
export type EntrySize = {
  readonly bytes: number
  readonly files: readonly { readonly file: string; readonly bytes: number }[]
}
export type EntrySizes = Readonly<Record<EntryName, EntrySize>>

type Chunk = { readonly file: string; readonly imports?: readonly string[]; readonly css?: readonly string[] }

/**
 * Everything that an entry needs before its first route: its page, its script, what that imports at once, and their
 * styles. What is imported later, when a page is opened, is not counted.
 */
function filesOf(entry: EntryName, manifest: Readonly<Record<string, Chunk>>): string[] {
  const files = new Set<string>([entry])
  const seen = new Set<string>()
  const visit = (key: string) => {
    const chunk = manifest[key]
    if (seen.has(key)) return
    if (!chunk) throw new Error(`the manifest does not hold ${key}`)
    seen.add(key)
    files.add(chunk.file)
    for (const style of chunk.css ?? []) files.add(style)
    for (const imported of chunk.imports ?? []) visit(imported)
  }
  visit(entry)
  return [...files]
}

/** Every address of this system that an entry's page names itself. */
function namedInPage(html: string): string[] {
  return [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1] as string)
}

/** Sizes of both entries over the real files of a build. */
export async function measureEntries(directory: string): Promise<EntrySizes> {
  const manifest = JSON.parse(await readFile(join(directory, '.vite', 'manifest.json'), 'utf8'))
  const measure = async (entry: EntryName): Promise<EntrySize> => {
    const page = await readFile(join(directory, entry), 'utf8')
    const names = [...new Set([...filesOf(entry, manifest), ...namedInPage(page)])]
    const files = await Promise.all(
      names.map(async (file) => ({
        file,
        bytes: gzipSync(await readFile(join(directory, file)), { level: 9 }).length,
      })),
    )
    return { bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), files }
  }
  return { 'index.html': await measure('index.html'), 'm.html': await measure('m.html') }
}

/** @throws Error naming the entry, its size and its largest files */
export function checkSizes(sizes: EntrySizes): void {
  for (const entry of Object.keys(LIMITS) as EntryName[]) {
    const { bytes, files } = sizes[entry]
    if (bytes <= LIMITS[entry]) continue
    const largest = [...files].sort((a, b) => b.bytes - a.bytes).slice(0, 5)
    const said = largest.map(({ file, bytes: size }) => `${file} ${size}`).join(', ')
    throw new Error(
      `${entry} loads ${bytes} bytes of gzip before its first page, allowed are ${LIMITS[entry]}: ${said}`,
    )
  }
}
