import type { Context, NativeCodecs } from 'dcmjs-codecs'
import { workloadErrors } from './errors.ts'

type Decoder = 'decodeRle' | 'decodeJpeg' | 'decodeJpegLs' | 'decodeJpeg2000' | 'decodeHtJpeg2000'

/** Compressed transfer syntaxes (PS3.6 annex A) and the codec that reads each. */
const DECODERS: Readonly<Record<string, Decoder>> = {
  '1.2.840.10008.1.2.5': 'decodeRle',
  '1.2.840.10008.1.2.4.50': 'decodeJpeg',
  '1.2.840.10008.1.2.4.70': 'decodeJpeg',
  '1.2.840.10008.1.2.4.80': 'decodeJpegLs',
  '1.2.840.10008.1.2.4.81': 'decodeJpegLs',
  '1.2.840.10008.1.2.4.90': 'decodeJpeg2000',
  '1.2.840.10008.1.2.4.91': 'decodeJpeg2000',
  '1.2.840.10008.1.2.4.201': 'decodeHtJpeg2000',
  '1.2.840.10008.1.2.4.202': 'decodeHtJpeg2000',
  '1.2.840.10008.1.2.4.203': 'decodeHtJpeg2000',
}

export function isEncapsulated(syntax: string): boolean {
  return Object.hasOwn(DECODERS, syntax)
}

export type FrameLayout = {
  readonly rows: number
  readonly columns: number
  readonly bitsAllocated: number
  readonly bitsStored: number
  readonly signed: boolean
  readonly photometric: string
}

type Codecs = { readonly Context: typeof Context; readonly NativeCodecs: typeof NativeCodecs }

/** Loaded at the first compressed image only: uncompressed work never pays for the WebAssembly module. */
async function loadCodecs(): Promise<Codecs> {
  const module = (await import('dcmjs-codecs')) as unknown as {
    default: Codecs & { log: { setLevel(level: string): void } }
  }
  module.default.log.setLevel('silent')
  if (!module.default.NativeCodecs.isInitialized()) await module.default.NativeCodecs.initializeAsync()
  return module.default
}

/**
 * Decodes one compressed grey frame to little-endian samples of `bitsAllocated`.
 * Errors: syntax-unsupported, pixels-damaged (also when the codestream has another size than the header states).
 */
export async function decodeFrame(syntax: string, encoded: Uint8Array, layout: FrameLayout): Promise<Uint8Array> {
  const decoder = DECODERS[syntax]
  if (decoder === undefined) throw workloadErrors.error('syntax-unsupported')
  const codecs = await loadCodecs()
  const context = new codecs.Context({
    width: layout.columns,
    height: layout.rows,
    bitsAllocated: layout.bitsAllocated,
    bitsStored: layout.bitsStored,
    samplesPerPixel: 1,
    pixelRepresentation: layout.signed ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: layout.photometric,
    encodedBuffer: encoded,
  })
  const decoded = run(codecs, decoder, context)
  const expected = (layout.rows * layout.columns * layout.bitsAllocated) / 8
  if (decoded === undefined || decoded.length !== expected) throw workloadErrors.error('pixels-damaged')
  return decoded
}

function run(codecs: Codecs, decoder: Decoder, context: Context): Uint8Array | undefined {
  try {
    return codecs.NativeCodecs[decoder](context).getDecodedBuffer()
  } catch {
    // A trap leaves the module's memory in an unknown state: the next image gets a fresh one.
    codecs.NativeCodecs.release()
    throw workloadErrors.error('pixels-damaged')
  }
}
