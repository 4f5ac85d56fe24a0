import { imagingErrors } from './errors.ts'
import type { DicomFile } from './read-elements.ts'

const CLASS = '1.2.840.10008.5.1.4.1.1.'

/** Cross-sectional images: the device draws no text into them. */
const CROSS_SECTIONAL = new Set(
  ['2', '2.1', '2.2', '4', '4.1', '4.4', '20', '128', '128.1', '130'].map((suffix) => CLASS + suffix),
)

/** Projection images: labels are often burned in, so they leave only when the device says that there is none. */
const PROJECTION = new Set(['1', '1.1', '1.2', '1.3', '13.1.3'].map((suffix) => CLASS + suffix))

/** Ultrasound, secondary capture, angiography, fluoroscopy, endoscopy, photographs: names stand in the picture. */
const TEXT_IN_PICTURE = ['3.1', '6.1', '6.2', '7', '12.', '77.1'].map((suffix) => CLASS + suffix)

const TEXT_MODALITIES = new Set(['US', 'IVUS', 'SC', 'OT', 'XA', 'RF', 'ES', 'XC', 'GM', 'DOC'])

/** Screens and dose sheets that some devices file as if they were slices. */
const SCREEN = /SCREEN|DOSE|REPORT|PROTOCOL/

/**
 * Refuses images whose picture may show who the patient is, and objects that are no images: a header tool cannot
 * clean either. Faces that a head volume can be rendered to are a matter of the tier, not of this check.
 * @throws imaging.pixels-may-identify, imaging.class-not-shareable
 */
export function refusePixels(read: { readonly ascii: (tag: number) => string }): void {
  const sopClass = read.ascii(0x00080016)
  const burnedIn = read.ascii(0x00280301)
  const inPicture =
    TEXT_IN_PICTURE.some((prefix) => sopClass.startsWith(prefix)) || TEXT_MODALITIES.has(read.ascii(0x00080060))
  if (burnedIn === 'YES' || inPicture || SCREEN.test(read.ascii(0x00080008))) {
    throw imagingErrors.error('pixels-may-identify', { reason: burnedIn === 'YES' ? 'burned in' : 'kind of image' })
  }
  if (CROSS_SECTIONAL.has(sopClass)) return
  if (!PROJECTION.has(sopClass)) throw imagingErrors.error('class-not-shareable')
  if (burnedIn !== 'NO') throw imagingErrors.error('pixels-may-identify', { reason: 'not stated' })
}

const OVERLAY_BIT_POSITION = 0x0102

/**
 * Refuses an image whose overlay lies in unused bits of the pixels (PS3.5 section 8.1.2, until 2004): what a scanner
 * drew there, often the name, goes with the pixels when the overlay's elements are removed.
 * @throws imaging.pixels-may-identify
 */
export function refuseOverlaysInPixels({ body, elements, form }: DicomFile): void {
  for (const { tag, valueStart, valueEnd } of elements) {
    const ofOverlay = tag >>> 24 === 0x60 && (tag & 0xffff) === OVERLAY_BIT_POSITION
    if (!ofOverlay || valueEnd - valueStart < 2) continue
    const view = new DataView(body.buffer, body.byteOffset + valueStart, 2)
    if (view.getUint16(0, form.littleEndian) !== 0)
      throw imagingErrors.error('pixels-may-identify', { reason: 'overlay in pixels' })
  }
}
