import { createHash } from 'node:crypto'
import { z } from 'zod'
import { workloadErrors } from './errors.ts'

export const BUNDLE_LIMITS = { files: 2000, bytes: 1024 * 1024 * 1024, manifestBytes: 1024 * 1024 } as const

/** A file of an input bundle; its name is `<de-identified SOP Instance UID>.dcm`, nothing from outside. */
export type BundleFile = { readonly name: string; readonly bytes: Uint8Array }

const MAGIC = Buffer.from('BHIB', 'latin1')
const VERSION = 1
/** Magic, version (1 byte), three reserved zero bytes, length of the manifest (big endian). */
const HEADER_BYTES = 12

const NAME = /^[0-9.]{1,64}\.dcm$/
const Manifest = z.strictObject({
  files: z
    .array(
      z.strictObject({
        name: z.string().regex(NAME),
        bytes: z.int().min(1).max(BUNDLE_LIMITS.bytes),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(BUNDLE_LIMITS.files),
})
type Manifest = z.infer<typeof Manifest>

/** SHA-256, lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function checkNames(names: readonly string[]): void {
  if (names.some((name) => !NAME.test(name)) || new Set(names).size !== names.length) {
    throw workloadErrors.error('bundle-name')
  }
}

function checkSize(files: number, bytes: number): void {
  if (files > BUNDLE_LIMITS.files || bytes > BUNDLE_LIMITS.bytes) {
    throw workloadErrors.error('bundle-too-large', {
      files,
      bytes,
      limitFiles: BUNDLE_LIMITS.files,
      limitBytes: BUNDLE_LIMITS.bytes,
    })
  }
}

/**
 * Packs files into one input bundle. The same files in the same order give the same bytes, so the SHA-256 of the
 * bundle names the input everywhere. Errors: bundle-name, bundle-too-large, bundle-damaged (no file, empty file).
 */
export function writeBundle(files: readonly BundleFile[]): Uint8Array {
  checkNames(files.map((file) => file.name))
  const total = files.reduce((sum, file) => sum + file.bytes.length, 0)
  checkSize(files.length, total)
  if (files.length === 0 || files.some((file) => file.bytes.length === 0)) {
    throw workloadErrors.error('bundle-damaged')
  }
  const manifest: Manifest = {
    files: files.map(({ name, bytes }) => ({ name, bytes: bytes.length, sha256: sha256(bytes) })),
  }
  const text = Buffer.from(JSON.stringify(manifest))
  const header = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(header)
  header[4] = VERSION
  header.writeUInt32BE(text.length, 8)
  return new Uint8Array(Buffer.concat([header, text, ...files.map((file) => file.bytes)]))
}

/** The manifest must be written exactly as `writeBundle` writes it, so that one input has one hash. */
function readManifest(bytes: Buffer): { manifest: Manifest; bodyAt: number } {
  const known =
    bytes.length > HEADER_BYTES && bytes.subarray(0, 4).equals(MAGIC) && bytes.readUInt32BE(4) === VERSION << 24
  const length = known ? bytes.readUInt32BE(8) : 0
  if (!known || length === 0 || length > BUNDLE_LIMITS.manifestBytes || HEADER_BYTES + length > bytes.length) {
    throw workloadErrors.error('bundle-damaged')
  }
  const text = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length)
  const manifest = parseManifest(text.toString('utf8'))
  if (manifest === undefined || !text.equals(Buffer.from(JSON.stringify(manifest)))) {
    throw workloadErrors.error('bundle-damaged')
  }
  return { manifest, bodyAt: HEADER_BYTES + length }
}

function parseManifest(text: string): Manifest | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const names = z.looseObject({ files: z.array(z.looseObject({ name: z.string() })) }).safeParse(value)
  if (names.success) {
    if (names.data.files.length > BUNDLE_LIMITS.files) checkSize(names.data.files.length, 0)
    checkNames(names.data.files.map((file) => file.name))
  }
  const parsed = Manifest.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

/**
 * Unpacks an input bundle and checks the hash of every file. The files are views on `bytes`, not copies.
 * Returns them in order with the SHA-256 of the whole bundle.
 * Errors: bundle-damaged, bundle-hash, bundle-name, bundle-too-large.
 */
export function readBundle(bytes: Uint8Array): { readonly files: readonly BundleFile[]; readonly sha256: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length > BUNDLE_LIMITS.bytes + BUNDLE_LIMITS.manifestBytes) checkSize(0, buffer.length)
  const { manifest, bodyAt } = readManifest(buffer)
  const total = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
  checkSize(manifest.files.length, total)
  if (bodyAt + total !== buffer.length) throw workloadErrors.error('bundle-damaged')
  let at = bodyAt
  const files = manifest.files.map((file, position) => {
    const body = bytes.subarray(at, at + file.bytes)
    at += file.bytes
    if (sha256(body) !== file.sha256) throw workloadErrors.error('bundle-hash', { position })
    return { name: file.name, bytes: body }
  })
  return { files, sha256: sha256(bytes) }
}
