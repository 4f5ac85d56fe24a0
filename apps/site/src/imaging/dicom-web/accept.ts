import { imagingErrors } from '../errors.ts'
import { EXPLICIT_LE } from '../transfer-syntax.ts'

/** One media range of an Accept header (RFC 9110 section 12.5.1), with what DICOM adds to it (PS3.18 section 8.7). */
type MediaRange = {
  readonly type: string
  /** The type inside multipart/related. */
  readonly inner: string | undefined
  /** A UID, `*` for «as it is stored», or undefined. */
  readonly transferSyntax: string | undefined
  readonly q: number
}

const MAX_HEADER = 4_096

/** Splits at a mark that stands outside quotes. */
function splitAt(text: string, mark: string): string[] {
  const parts: string[] = []
  let quoted = false
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted
    if (text[at] !== mark || quoted) continue
    parts.push(text.slice(from, at))
    from = at + 1
  }
  return [...parts, text.slice(from)].map((part) => part.trim()).filter((part) => part !== '')
}

/** Media ranges in the order of preference. An absent header accepts everything. */
export function parseAccept(header: string | undefined): MediaRange[] {
  const ranges = splitAt((header ?? '').slice(0, MAX_HEADER) || '*/*', ',').map((range): MediaRange => {
    const [type = '', ...parameters] = splitAt(range, ';')
    const named = new Map(
      parameters.map((parameter) => {
        const at = parameter.indexOf('=')
        const [key, value] = at < 0 ? [parameter, ''] : [parameter.slice(0, at), parameter.slice(at + 1)]
        return [key.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')] as const
      }),
    )
    const q = Number(named.get('q') ?? '1')
    return {
      type: type.toLowerCase(),
      inner: named.get('type')?.toLowerCase(),
      transferSyntax: named.get('transfer-syntax'),
      q: Number.isFinite(q) ? q : 1,
    }
  })
  return ranges.filter(({ q }) => q > 0).sort((a, b) => b.q - a.q)
}

/** What a resource can be given as. */
export type Offer = {
  readonly multipart: boolean
  readonly mediaType: string
  /** The transfer syntax of the answer; undefined where there is none (JSON, PNG). */
  readonly transferSyntax: string | undefined
  /** True when the bytes are as they are stored, so that `*` asks for them. */
  readonly stored: boolean
}

const covers = (range: string, type: string) =>
  range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))

function matches({ type, inner, transferSyntax }: MediaRange, offer: Offer): boolean {
  if (offer.multipart) {
    if (!covers(type, 'multipart/related')) return false
    if (inner !== undefined && !covers(inner, offer.mediaType) && !(offer.stored && isOctets(inner, transferSyntax))) {
      return false
    }
  } else if (!covers(type, offer.mediaType)) return false
  if (offer.transferSyntax === undefined || transferSyntax === undefined) {
    // Without a word on the syntax, uncompressed types mean explicit little endian (PS3.18 section 8.7.3).
    const open = inner === undefined && type !== offer.mediaType
    return (
      open || offer.transferSyntax === undefined || !defaultsToExplicit(offer) || offer.transferSyntax === EXPLICIT_LE
    )
  }
  return transferSyntax === '*' ? offer.stored : transferSyntax === offer.transferSyntax
}

const defaultsToExplicit = ({ mediaType }: Offer) =>
  mediaType === 'application/dicom' || mediaType === 'application/octet-stream'

/** Clients ask for octets «in whatever syntax»: stored frames then come under their own media type. */
const isOctets = (inner: string, transferSyntax: string | undefined) =>
  inner === 'application/octet-stream' && transferSyntax === '*'

/**
 * Chooses what to answer with: the first range that an offer fits, and of its offers the first.
 * @throws imaging.not-acceptable with what there is
 */
export function negotiate(header: string | undefined, offers: readonly Offer[]): Offer {
  for (const range of parseAccept(header)) {
    const found = offers.find((offer) => matches(range, offer))
    if (found) return found
  }
  const texts = offers.map((offer) => contentTypeOf(offer))
  throw imagingErrors.error('not-acceptable', { available: [...new Set(texts)].join(', ') })
}

/** The media type of a part, or of an answer that is not in parts. */
export function contentTypeOf({ multipart, mediaType, transferSyntax }: Offer): string {
  if (multipart) return `multipart/related; type="${mediaType}"`
  return transferSyntax === undefined ? mediaType : `${mediaType}; transfer-syntax=${transferSyntax}`
}
