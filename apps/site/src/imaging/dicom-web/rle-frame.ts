import { imagingErrors } from '../errors.ts'
import type { PixelLayout } from './pixel-layout.ts'

/** Undoes the byte runs of one segment (PS3.5 section G.3) into every `step`-th byte from `from`. */
function unpack(segment: Uint8Array, out: Uint8Array, from: number, step: number, count: number): void {
  let written = 0
  for (let at = 0; at < segment.length && written < count; ) {
    const control = ((segment[at++] as number) << 24) >> 24
    if (control === -128) continue
    const run = control >= 0 ? control + 1 : 1 - control
    if (at + (control >= 0 ? run : 1) > segment.length) break
    for (let i = 0; i < run && written < count; i++) {
      out[from + step * written++] = segment[control >= 0 ? at + i : at] as number
    }
    at += control >= 0 ? run : 1
  }
  if (written !== count) throw imagingErrors.error('pixels-damaged')
}

/**
 * Decodes one RLE frame (PS3.5 annex G) to little-endian samples; colour comes out as the file says it lies.
 * @throws imaging.pixels-damaged
 */
export function decodeRle(encoded: Uint8Array, layout: PixelLayout): Uint8Array {
  const bytesPerSample = layout.bitsAllocated / 8
  const segments = bytesPerSample * layout.samples
  const count = layout.rows * layout.columns
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  if (encoded.length < 64 || view.getUint32(0, true) !== segments) throw imagingErrors.error('pixels-damaged')
  const out = new Uint8Array(count * segments)
  for (let index = 0; index < segments; index++) {
    const from = view.getUint32(4 + 4 * index, true)
    const until = index + 1 < segments ? view.getUint32(8 + 4 * index, true) : encoded.length
    if (from < 64 || until > encoded.length || from > until) throw imagingErrors.error('pixels-damaged')
    // Segments go sample by sample, and within a sample from the highest byte to the lowest.
    const sample = Math.floor(index / bytesPerSample)
    const byte = bytesPerSample - 1 - (index % bytesPerSample)
    const segment = encoded.subarray(from, until)
    if (layout.planar) unpack(segment, out, sample * count * bytesPerSample + byte, bytesPerSample, count)
    else unpack(segment, out, sample * bytesPerSample + byte, segments, count)
  }
  return out
}
