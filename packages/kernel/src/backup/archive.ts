import { z } from 'zod'
import { backupErrors } from './errors.ts'
import type { SealedWriter } from './sealed-file.ts'

const migration = z.strictObject({ room: z.string(), number: z.int(), file: z.string(), sha256: z.string() })

/** What lies in a backup, in this order: one manifest, tables and sequences, blobs, secrets, one end. */
const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('manifest'),
    format: z.literal(1),
    createdAtMs: z.number(),
    databases: z.array(z.strictObject({ name: z.enum(['hub', 'site']), migrations: z.array(migration) })),
    blobDirectories: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('table'),
    database: z.string(),
    schema: z.string(),
    table: z.string(),
    columns: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('sequences'),
    database: z.string(),
    sequences: z.array(z.strictObject({ schema: z.string(), name: z.string(), last: z.string().nullable() })),
  }),
  z.strictObject({ kind: z.literal('blob'), directory: z.string(), path: z.string() }),
  z.strictObject({ kind: z.literal('secret'), path: z.string() }),
  z.strictObject({ kind: z.literal('end'), entries: z.int() }),
])

export type ArchiveEntry = z.infer<typeof entrySchema>
export type Manifest = Extract<ArchiveEntry, { kind: 'manifest' }>

const MAX_FRAME = 16 * 1024 * 1024

/** Entries as frames: a length of four bytes and its bytes; a frame of length zero ends an entry's body. */
export function createArchiveWriter(file: SealedWriter) {
  let entries = 0
  const frame = async (bytes: Uint8Array) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    await file.write(length)
    if (bytes.length > 0) await file.write(bytes)
  }
  const entry = async (head: ArchiveEntry, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = []) => {
    await frame(Buffer.from(JSON.stringify(head)))
    let bytes = 0
    for await (const part of body) {
      for (let at = 0; at < part.length; at += MAX_FRAME) await frame(part.subarray(at, at + MAX_FRAME))
      bytes += part.length
    }
    await frame(new Uint8Array())
    entries++
    return { bytes }
  }
  return { entry, end: () => entry({ kind: 'end', entries }) }
}

/** Hands out exact numbers of bytes from chunks of any size. */
function createByteReader(chunks: AsyncIterator<Buffer>) {
  let buffer: Buffer = Buffer.alloc(0)
  const fill = async (length: number) => {
    const parts = [buffer]
    let have = buffer.length
    while (have < length) {
      const { value, done } = await chunks.next()
      if (done) return false
      parts.push(value)
      have += value.length
    }
    buffer = parts.length === 1 ? buffer : Buffer.concat(parts)
    return true
  }
  return {
    take: async (length: number): Promise<Buffer> => {
      if (!(await fill(length))) throw backupErrors.error('damaged')
      const taken = buffer.subarray(0, length)
      buffer = buffer.subarray(length)
      return taken
    },
    atEnd: async () => !(await fill(1)),
  }
}

export type ReadEntry = { readonly head: ArchiveEntry; readonly body: AsyncIterable<Buffer> }

function parseHead(bytes: Buffer): ArchiveEntry {
  try {
    return entrySchema.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw backupErrors.error('newer', {}, cause)
  }
}

/**
 * Reads entries one after another; a body that the caller leaves unread is passed over.
 * @throws backup.damaged, newer
 */
export async function* readArchive(chunks: AsyncIterable<Buffer>): AsyncGenerator<ReadEntry> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    yield* readEntries(createByteReader(iterator))
  } finally {
    // A caller that stops early still closes the file.
    await iterator.return?.()
  }
}

async function* readEntries(reader: ReturnType<typeof createByteReader>): AsyncGenerator<ReadEntry> {
  const takeFrame = async () => {
    const length = (await reader.take(4)).readUInt32BE()
    if (length > MAX_FRAME) throw backupErrors.error('damaged')
    return reader.take(length)
  }
  for (let entries = 0; ; entries++) {
    const head = parseHead(await takeFrame())
    let open = true
    const body = (async function* () {
      while (open) {
        const part = await takeFrame()
        open = part.length > 0
        if (open) yield part
      }
    })()
    yield { head, body }
    while (open) open = (await takeFrame()).length > 0
    if (head.kind !== 'end') continue
    // Reading to the very end makes the last chunk, with its mark, part of what was authenticated.
    if (head.entries !== entries || !(await reader.atEnd())) throw backupErrors.error('damaged')
    return
  }
}
