export type LockEntry = {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly link?: boolean
  /** Carried inside the tarball of its parent, whose hash covers it. */
  readonly inBundle?: boolean
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
export type Lock = { readonly packages: Readonly<Record<string, LockEntry>> }

const ALLOWED = new Set([
  'MIT',
  'MIT-0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'ISC',
  'MPL-2.0',
  '0BSD',
  'CC0-1.0',
  'Unlicense',
  'BlueOak-1.0.0',
  'Python-2.0',
  'BSL-1.0',
  'Zlib',
  'PostgreSQL',
])

/**
 * Packages whose licence field is missing or worded otherwise. Each was read in the package itself; the version is
 * named so that a new one is read again.
 */
export const LICENCE_EXCEPTIONS: Readonly<Record<string, string>> = {
  // The old `licenses` array and the LICENSE file both say MIT.
  'memorystream@0.3.1': 'MIT',
  // No field; its LICENSE file is MIT's text. Reached through the viewer's packages, never loaded.
  'rechoir@0.6.2': 'MIT',
  // Facts about browsers under CC-BY-4.0, which a build tool reads; nothing of it is shipped.
  'caniuse-lite@1.0.30001826': 'CC-BY-4.0',
}

/** True when every part that must be accepted is on the list; of `A OR B` one is enough. */
export function licenceAllowed(expression: string): boolean {
  const text = expression.replace(/[()]/g, ' ').trim()
  if (/\sOR\s/i.test(text)) return text.split(/\sOR\s/i).some((part) => licenceAllowed(part))
  if (/\sAND\s/i.test(text)) return text.split(/\sAND\s/i).every((part) => licenceAllowed(part))
  return ALLOWED.has(text)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** Every fault of the lock, as sentences; an empty list means that `npm ci` installs the same everywhere. */
export function findLockFaults(lock: Lock): string[] {
  const faults: string[] = []
  const names = new Set(
    Object.keys(lock.packages)
      .filter((p) => p.includes('node_modules/'))
      .map(nameOf),
  )
  for (const [path, entry] of Object.entries(lock.packages)) {
    // Optional dependencies are where npm leaves out a platform in silence; all named ones must have an entry.
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      if (!names.has(name)) faults.push(`${path || 'the root'} names ${name}, which has no entry`)
    }
    if (!path.includes('node_modules/') || entry.link) continue
    if (entry.resolved) faults.push(`${path} carries a download address`)
    if (!entry.integrity && !entry.inBundle) faults.push(`${path} has no integrity hash`)
    const licence = entry.license
    const wasRead = `${nameOf(path)}@${entry.version}` in LICENCE_EXCEPTIONS
    if (!wasRead && (!licence || !licenceAllowed(licence)))
      faults.push(`${path}@${entry.version}: licence ${licence ?? 'not stated'}`)
  }
  return faults
}
