import { imagingErrors } from './errors.ts'

export type MultipartLimits = {
  readonly maxPartBytes: number
  readonly maxBytes: number
  readonly maxParts: number
}

export type Part = { readonly contentType: string; readonly body: Uint8Array }

const MAX_HEADER_BYTES = 8192
const CRLF = Buffer.from('\r\n')
const BLANK = Buffer.from('\r\n\r\n')

/** The boundary of a multipart/related request of DICOM files. @throws imaging.media-type, imaging.bad-multipart */
export function boundaryOf(contentType: string): string {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim())
  const named = new Map(
    parameters.map((parameter) => {
      const at = parameter.indexOf('=')
      return [parameter.slice(0, at).toLowerCase(), parameter.slice(at + 1).replace(/^"(.*)"$/, '$1')]
    }),
  )
  const inner = named.get('type') ?? 'application/dicom'
  if (type.toLowerCase() !== 'multipart/related' || inner.toLowerCase() !== 'application/dicom') {
    throw imagingErrors.error('media-type')
  }
  const boundary = named.get('boundary') ?? ''
  if (!/^[\x21-\x7e]([\x20-\x7e]{0,68}[\x21-\x7e])?$/.test(boundary)) throw imagingErrors.error('bad-multipart')
  return boundary
}

/** A byte queue that is searched and cut without joining it more often than it doubles. */
function createWindow(maxBytes: number, body: AsyncIterator<Uint8Array>) {
  let held = Buffer.alloc(0)
  let total = 0
  let searched = 0
  /** Brings in at least one more chunk, as much again as is held. @returns false at the end of the body */
  const more = async (): Promise<boolean> => {
    const chunks: Uint8Array[] = [held]
    const goal = Math.max(65_536, held.length)
    let size = 0
    while (size < goal) {
      const { value, done } = await body.next()
      if (done) break
      total += value.length
      size += value.length
      if (total > maxBytes) throw imagingErrors.error('too-large', { limit: 'request bytes', max: maxBytes })
      chunks.push(value)
    }
    if (size === 0) return false
    held = Buffer.concat(chunks)
    return true
  }
  return {
    /** Takes everything before `mark`, and the mark itself. @throws imaging.bad-multipart, imaging.too-large */
    until: async (mark: Buffer, max: number): Promise<Buffer> => {
      searched = 0
      for (;;) {
        const at = held.indexOf(mark, Math.max(0, searched - mark.length))
        if ((at < 0 ? held.length - mark.length : at) > max) {
          throw imagingErrors.error('too-large', { limit: 'part bytes', max })
        }
        if (at >= 0) {
          const before = held.subarray(0, at)
          held = held.subarray(at + mark.length)
          return before
        }
        searched = held.length
        if (!(await more())) throw imagingErrors.error('bad-multipart')
      }
    },
    take: async (length: number): Promise<Buffer> => {
      while (held.length < length) if (!(await more())) throw imagingErrors.error('bad-multipart')
      const taken = held.subarray(0, length)
      held = held.subarray(length)
      return taken
    },
  }
}

function contentTypeOf(headers: string): string {
  const line = headers.split('\r\n').find((header) => /^content-type:/i.test(header))
  return line ? line.slice(line.indexOf(':') + 1).trim() : 'application/dicom'
}

/**
 * Reads a multipart body part by part (RFC 2046 section 5.1); memory holds one part at a time.
 * @throws imaging.bad-multipart, imaging.too-large
 */
export async function* readParts(
  body: AsyncIterable<Uint8Array>,
  boundary: string,
  limits: MultipartLimits,
): AsyncGenerator<Part> {
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const iterator = body[Symbol.asyncIterator]()
  const window = createWindow(limits.maxBytes, iterator)
  await window.until(Buffer.from(`--${boundary}`), MAX_HEADER_BYTES)
  for (let parts = 0; ; parts++) {
    const next = await window.take(2)
    if (next.toString('latin1') === '--') return
    if (!next.equals(CRLF)) throw imagingErrors.error('bad-multipart')
    if (parts >= limits.maxParts) throw imagingErrors.error('too-large', { limit: 'parts', max: limits.maxParts })
    const headers = await window.until(BLANK, MAX_HEADER_BYTES)
    const content = await window.until(delimiter, limits.maxPartBytes)
    yield { contentType: contentTypeOf(headers.toString('latin1')), body: content }
  }
}
