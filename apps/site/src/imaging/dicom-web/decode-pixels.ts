import { isDomainError } from '@bithive/kernel/errors'
import { decodeFrame } from '@bithive/workloads/decode-frame'
import { imagingErrors } from '../errors.ts'
import type { DicomFile } from '../read-elements.ts'
import { RLE_LOSSLESS, transferSyntax } from '../transfer-syntax.ts'
import { frameBytes } from './frame-bytes.ts'
import { frameLength, mustBeDrawable, type PixelLayout } from './pixel-layout.ts'
import { decodeRle } from './rle-frame.ts'

/** JPEG baseline and lossless, JPEG-LS, JPEG 2000, HTJ2K: read by the same codecs that workloads use. */
const GREY_CODECS: ReadonlySet<string> = new Set(
  ['50', '70', '80', '81', '90', '91', '201', '202', '203'].map((n) => `1.2.840.10008.1.2.4.${n}`),
)

/** True when a frame of this syntax can be decoded here; a colour image of a codec other than RLE cannot. */
export function canDecode(transferSyntaxUid: string, samples: number): boolean {
  const syntax = transferSyntax(transferSyntaxUid)
  if (!syntax) return false
  if (!syntax.encapsulated || transferSyntaxUid === RLE_LOSSLESS) return true
  return samples === 1 && GREY_CODECS.has(transferSyntaxUid)
}

/**
 * One frame as plain little-endian pixels, whatever the file's syntax.
 * @param index from 0
 * @throws imaging.not-decodable naming the transfer syntax, imaging.pixels-damaged, imaging.unknown-frame,
 *   imaging.not-renderable
 */
export async function decodePixels(file: DicomFile, layout: PixelLayout, index: number): Promise<Uint8Array> {
  const { uid, encapsulated } = file.syntax
  if (!canDecode(uid, layout.samples)) throw imagingErrors.error('not-decodable', { transferSyntax: uid })
  const stored = frameBytes(file, layout, index)
  if (!encapsulated) return stored
  mustBeDrawable(layout)
  if (uid === RLE_LOSSLESS) return decodeRle(stored, layout)
  try {
    const decoded = await decodeFrame(uid, stored, layout)
    if (decoded.length === frameLength(layout)) return decoded
  } catch (error) {
    // Whatever a codec says of a hostile stream stays inside; the caller learns that it could not be read.
    if (!isDomainError(error)) throw error
  }
  throw imagingErrors.error('pixels-damaged', { transferSyntax: uid })
}
