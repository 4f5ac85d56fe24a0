import { inflateSync } from 'node:zlib'

/**
 * Readers for tests, written against the standards alone: they share no code with what writes the answers.
 */

type Part = { readonly headers: Record<string, string>; readonly body: Buffer }

/** Parts of a multipart body by RFC 2046: the boundary is taken from the header, lengths are not believed. */
export async function partsOf(response: Response): Promise<Part[]> {
  const type = response.headers.get('content-type') ?? ''
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1]
  if (!boundary) throw new Error(`not multipart: ${response.status} ${type} ${(await response.text()).slice(0, 300)}`)
  const whole = Buffer.from(await response.arrayBuffer())
  const mark = Buffer.from(`--${boundary}`)
  const parts: Part[] = []
  for (let at = whole.indexOf(mark); at >= 0; ) {
    const from = at + mark.length
    if (whole.toString('latin1', from, from + 2) === '--') return parts
    const next = whole.indexOf(mark, from)
    if (next < 0) break
    const blank = whole.indexOf('\r\n\r\n', from)
    const lines = whole.toString('latin1', from + 2, blank).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    parts.push({ headers, body: whole.subarray(blank + 4, next - 2) })
    at = next
  }
  throw new Error('the closing boundary is missing')
}

export type Decoded = {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly pixels: Buffer
}

/** Reads the PNG that browsers would: 8 bit, grey or RGB, rows without a filter. */
export async function pngOf(response: Response): Promise<Decoded> {
  if (response.headers.get('content-type') !== 'image/png') {
    throw new Error(`no picture: ${response.status} ${(await response.text()).slice(0, 300)}`)
  }
  return decodePng(Buffer.from(await response.arrayBuffer()))
}

export function decodePng(bytes: Buffer): Decoded {
  const data: Buffer[] = []
  let header = { width: 0, height: 0, channels: 0 }
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    const value = bytes.subarray(at + 8, at + 8 + length)
    if (type === 'IHDR') {
      header = { width: value.readUInt32BE(0), height: value.readUInt32BE(4), channels: value[9] === 2 ? 3 : 1 }
    }
    if (type === 'IDAT') data.push(value)
    at += 12 + length
  }
  const rows = inflateSync(Buffer.concat(data))
  const stride = header.width * header.channels
  const lines = Array.from({ length: header.height }, (_, y) => {
    if (rows[y * (stride + 1)] !== 0) throw new Error('a filter that this reader does not know')
    return rows.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1))
  })
  return { ...header, pixels: Buffer.concat(lines) }
}

/** How many different values a picture shows. */
export const levels = ({ pixels }: Decoded): number => new Set(pixels).size
