import { imagingErrors } from '../errors.ts'
import { type DicomFile, readElements } from '../read-elements.ts'
import { decodePixels } from './decode-pixels.ts'
import { encodePng } from './encode-png.ts'
import type { FoundStudy, StoredImage } from './find-images.ts'
import { pixelLayout, type Window } from './pixel-layout.ts'
import { drawFrame, shrinkToFit } from './render-picture.ts'

/** How a picture is wanted (PS3.18 section 8.3.5). */
export type Rendering = { readonly window: Window | undefined; readonly width: number; readonly height: number }

const MAX_SIDE = 4_096
const THUMBNAIL_SIDE = 160

function side(text: string | undefined, name: string): number {
  const value = Number(text)
  const sound = Number.isInteger(value) && value >= 1 && value <= MAX_SIDE
  if (!sound) throw imagingErrors.error('bad-query', { key: name })
  return value
}

function windowOf(text: string): Window {
  const [center, width, fn = 'linear'] = text.split(',').map((part) => part.trim())
  const named = fn.toUpperCase().replace('-', '_')
  const numbers = [center, width].map((part) => (part === undefined || part === '' ? Number.NaN : Number(part)))
  const [c, w] = numbers as [number, number]
  const known = named === 'LINEAR' || named === 'LINEAR_EXACT' || named === 'SIGMOID'
  if (!Number.isFinite(c) || !(w > 0) || !Number.isFinite(w) || !known) {
    throw imagingErrors.error('bad-query', { key: 'window' })
  }
  return { center: c, width: w, fn: named }
}

/** @throws imaging.bad-query naming `window` or `viewport` */
export function readRendering(parameters: URLSearchParams, kind: 'rendered' | 'thumbnail'): Rendering {
  const window = parameters.get('window')
  const viewport = parameters.get('viewport')?.split(',')
  const usual = kind === 'thumbnail' ? THUMBNAIL_SIDE : MAX_SIDE
  return {
    window: window === null ? undefined : windowOf(window),
    width: viewport ? side(viewport[0], 'viewport') : usual,
    height: viewport ? side(viewport[1], 'viewport') : usual,
  }
}

/**
 * One frame as PNG.
 * @param frame from 1; the middle one of an image when not given
 * @throws imaging.not-renderable, imaging.not-decodable, imaging.pixels-damaged, imaging.unknown-frame
 */
export async function pictureOf(bytes: Uint8Array, rendering: Rendering, frame?: number): Promise<Uint8Array> {
  const file = readElements(bytes)
  const layout = pixelLayout(file)
  const index = frame === undefined ? Math.floor((layout.frames - 1) / 2) : frame - 1
  const pixels = await decodePixels(file, layout, index)
  const picture = drawFrame(file, layout, pixels, rendering.window)
  return await encodePng(shrinkToFit(picture, rendering.width, rendering.height))
}

/** The image that stands for a study or a series: the middle of its first series of images. */
export function keyImage(found: FoundStudy): StoredImage {
  const series = found.series.find((one) => one.modality !== 'SEG' && one.modality !== 'SR' && one.images.length > 0)
  const images = series?.images ?? found.series[0]?.images ?? []
  const image = images[Math.floor((images.length - 1) / 2)]
  if (!image) throw imagingErrors.error('unknown-instance')
  return image
}

export const readFile = async (image: StoredImage): Promise<DicomFile> => readElements(await image.read())
