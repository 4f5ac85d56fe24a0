import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { sha256 } from './bundle.ts'
import { workloadErrors } from './errors.ts'

/** The folder whose files are hashed: this package's sources. */
const SOURCE = new URL('./', import.meta.url)

/** Where each workload starts; everything it reaches by import is part of its digest. */
const ROOTS = {
  'imaging.ct.lung-density': 'imaging-ct-lung-density/workload.ts',
  'imaging.mr.brain-volume': 'imaging-mr-brain-volume/workload.ts',
  'onnx.infer': 'onnx-infer/workload.ts',
} as const

export type WorkloadId = keyof typeof ROOTS

export function isWorkloadId(id: string): id is WorkloadId {
  return Object.hasOwn(ROOTS, id)
}

/** Static and dynamic imports; `import type` and `export type` leave no trace at run time. */
const IMPORTS = /(?:^|\n)(?:import|export) (?!type )[^'"]*?from '([^']+)'|import\('([^']+)'\)/g

/** Line ends are made equal, so that a checkout on another system has the same digest. */
function readSource(path: string, source: URL): string {
  return readFileSync(new URL(path, source), 'utf8').replaceAll('\r\n', '\n')
}

type Reach = { readonly files: readonly string[]; readonly packages: readonly string[] }

/** All files of `source` that a root reaches by import, and the packages that they name; both sorted. */
export function reachOf(root: string, source: URL = SOURCE): Reach {
  const files = new Set<string>()
  const packages = new Set<string>()
  const waiting = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue
    files.add(path)
    for (const [, fixed, dynamic] of readSource(path, source).matchAll(IMPORTS)) {
      const target = (fixed ?? dynamic) as string
      if (target.startsWith('.')) waiting.push(relative(new URL(target, new URL(path, source)), source))
      else if (!target.startsWith('node:') && !target.startsWith('@bithive/')) packages.add(target)
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() }
}

function relative(file: URL, source: URL): string {
  return file.href.slice(source.href.length)
}

function versionOf(name: string): string {
  const path = createRequire(fileURLToPath(import.meta.url)).resolve(`${name}/package.json`)
  return z.looseObject({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).version
}

/**
 * SHA-256, hex, over the source files of a workload as they lie on the disk and the versions of the packages they
 * use. A node recomputes it at start. `source` is another folder of sources, for tests. Errors: unknown-workload.
 */
export function digestOf(workloadId: string, source: URL = SOURCE): string {
  if (!isWorkloadId(workloadId)) throw workloadErrors.error('unknown-workload')
  const { files, packages } = reachOf(ROOTS[workloadId], source)
  const hash = createHash('sha256')
  for (const path of files) hash.update(`${path} ${sha256(Buffer.from(readSource(path, source)))}\n`)
  for (const name of packages) hash.update(`${name}@${versionOf(name)}\n`)
  return hash.digest('hex')
}

const Pins = z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/))

/** The digest that is committed with the sources, in pins.json. Errors: unknown-workload. */
export function pinnedDigestOf(workloadId: string): string {
  const pinned = Pins.parse(JSON.parse(readFileSync(new URL('pins.json', SOURCE), 'utf8')))[workloadId]
  if (pinned === undefined) throw workloadErrors.error('unknown-workload')
  return pinned
}

/** Refuses a workload whose sources are not those that were pinned. Errors: altered, unknown-workload. */
export function checkDigest(workloadId: string, source: URL = SOURCE): void {
  if (digestOf(workloadId, source) !== pinnedDigestOf(workloadId)) {
    throw workloadErrors.error('altered', { workload: workloadId })
  }
}
