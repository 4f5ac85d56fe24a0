import type { Actor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { createFairQueue } from '@bithive/kernel/limits'
import type { ImagingDeps } from '../deps.ts'
import { valueReader } from '../dicom-index.ts'
import { imagingErrors } from '../errors.ts'
import { readElements } from '../read-elements.ts'
import { EXPLICIT_LE, transferSyntax } from '../transfer-syntax.ts'
import { contentTypeOf, negotiate, type Offer } from './accept.ts'
import { canDecode, decodePixels } from './decode-pixels.ts'
import { toDicomJson } from './dicom-json.ts'
import { type FoundStudy, findImages, type StoredImage, type Wanted } from './find-images.ts'
import { frameBytes } from './frame-bytes.ts'
import { pixelLayout } from './pixel-layout.ts'
import { keyImage, pictureOf, type Rendering, readFile } from './read-pictures.ts'
import { createReadSessions } from './read-session.ts'
import { toExplicit } from './to-explicit.ts'
import type { OutgoingPart } from './write-multipart.ts'

/** Media types of compressed frames (PS3.18 table 8.7.3-2); RLE and the rest come as octets. */
const FRAME_TYPES: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.5': 'image/dicom-rle',
  ...Object.fromEntries(['50', '51', '57', '70'].map((n) => [`1.2.840.10008.1.2.4.${n}`, 'image/jpeg'])),
  ...Object.fromEntries(['80', '81'].map((n) => [`1.2.840.10008.1.2.4.${n}`, 'image/jls'])),
  ...Object.fromEntries(['90', '91'].map((n) => [`1.2.840.10008.1.2.4.${n}`, 'image/jp2'])),
  ...Object.fromEntries(['92', '93'].map((n) => [`1.2.840.10008.1.2.4.${n}`, 'image/jpx'])),
  ...Object.fromEntries(['201', '202', '203'].map((n) => [`1.2.840.10008.1.2.4.${n}`, 'image/jphc'])),
}

/** What one request may ask for. */
export const READ_LIMITS = {
  /** Bytes of the files behind one copy of a study or a series. */
  maxBytes: 8 * 1024 ** 3,
  /** Frames named in one address. */
  maxFrames: 2_000,
  /** Images of one rendered study or series. */
  maxRendered: 2_000,
} as const

/** How many images are opened, decoded or drawn at once, and how many requests may wait for it. */
const PARALLEL = { slots: 4, maxWaiting: 512 } as const

export type Answer =
  | { readonly kind: 'parts'; readonly inner: string; readonly parts: AsyncIterable<OutgoingPart> }
  | { readonly kind: 'json'; readonly chunks: AsyncIterable<string> }
  | { readonly kind: 'whole'; readonly contentType: string; readonly body: Uint8Array }

type Images = readonly { readonly image: StoredImage; readonly seriesUid: string }[]
const imagesOf = (found: FoundStudy): Images =>
  found.series.flatMap(({ images, seriesInstanceUid }) =>
    images.map((image) => ({ image, seriesUid: seriesInstanceUid })),
  )

/** Files as they are stored, and in explicit little endian where every one of them can be brought there. */
function fileOffers(images: Images, single: boolean): Offer[] {
  const syntaxes = [...new Set(images.map(({ image }) => image.transferSyntaxUid))]
  const mediaType = 'application/dicom'
  // A study in several syntaxes can be had as it is stored only by asking for «whatever it is».
  const stored = { mediaType, transferSyntax: syntaxes.length === 1 ? (syntaxes[0] as string) : '*', stored: true }
  const plain = { mediaType, transferSyntax: EXPLICIT_LE, stored: false }
  const offers = syntaxes.every((uid) => canDecode(uid, 1)) ? [stored, plain] : [stored]
  return (single ? [true, false] : [true]).flatMap((multipart) => offers.map((offer) => ({ ...offer, multipart })))
}

const fileType = (transferSyntaxUid: string) => `application/dicom; transfer-syntax=${transferSyntaxUid}`

/**
 * One file in the form that was agreed on. A colour image that no codec here reads goes as it is stored, and its part
 * says so: a study is not torn for one image in it.
 */
async function filePart(image: StoredImage, { stored }: Offer): Promise<OutgoingPart> {
  const bytes = await image.read()
  const asStored = { contentType: fileType(image.transferSyntaxUid), body: bytes }
  if (stored || image.transferSyntaxUid === EXPLICIT_LE) return asStored
  try {
    return { contentType: fileType(EXPLICIT_LE), body: await toExplicit(readElements(bytes)) }
  } catch (error) {
    if (isDomainError(error)) return asStored
    throw error
  }
}

function frameOffers(image: StoredImage, samples: number, single: boolean): Offer[] {
  const stored = transferSyntax(image.transferSyntaxUid)
  const offers: Omit<Offer, 'multipart'>[] = []
  const encapsulated = stored?.encapsulated === true
  if (canDecode(image.transferSyntaxUid, samples)) {
    const mediaType = 'application/octet-stream'
    offers.push({ mediaType, transferSyntax: EXPLICIT_LE, stored: !encapsulated })
  }
  if (encapsulated) {
    const mediaType = FRAME_TYPES[image.transferSyntaxUid] ?? 'application/octet-stream'
    offers.push({ mediaType, transferSyntax: image.transferSyntaxUid, stored: true })
  }
  const forms = single ? [true, false] : [true]
  return offers.flatMap((offer) => forms.map((multipart) => ({ ...offer, multipart })))
}

/** Numbers from 1, parted by commas. @throws imaging.bad-query, imaging.too-much, imaging.unknown-frame */
export function readFrameList(text: string, frames: number): number[] {
  const list = text.split(',').map((part) => (/^\d{1,6}$/.test(part) ? Number(part) : Number.NaN))
  if (list.some(Number.isNaN)) throw imagingErrors.error('bad-query', { key: 'frames' })
  if (list.length > READ_LIMITS.maxFrames) throw imagingErrors.error('too-much', { maxFrames: READ_LIMITS.maxFrames })
  const beyond = list.find((frame) => frame < 1 || frame > frames)
  if (beyond !== undefined) throw imagingErrors.error('unknown-frame', { frame: beyond, frames })
  return list
}

/** Reads images for viewers and archives (WADO-RS, PS3.18 section 10.4). Every act is recorded before a byte leaves. */
export function createImageReader(deps: ImagingDeps) {
  const sessions = createReadSessions(deps)
  const queue = createFairQueue(PARALLEL)
  /** One image at a time a slot: what is opened is dropped before the next is taken. */
  const turn = <T>(actor: Actor, act: () => Promise<T>) => queue.run(actor.id, act)

  const look = async (actor: Actor, found: FoundStudy) => {
    for (const { seriesId } of found.series) await sessions.looking(actor, { studyId: found.studyId, seriesId })
  }

  const copy = async (actor: Actor, wanted: Wanted, accept: string | undefined): Promise<Answer> => {
    const found = await findImages(deps, wanted)
    const images = imagesOf(found)
    const bytes = images.reduce((sum, { image }) => sum + image.sizeBytes, 0)
    if (bytes > READ_LIMITS.maxBytes) throw imagingErrors.error('too-much', { bytes, maxBytes: READ_LIMITS.maxBytes })
    const offer = negotiate(accept, fileOffers(images, wanted.instance !== undefined))
    const resource = wanted.instance === undefined ? (found.series[0]?.seriesId ?? '') : images[0]?.image.resource
    const named = wanted.series === undefined ? found.studyId : resource
    await sessions.copying(actor, { studyId: found.studyId, resource: named ?? '', images: images.length })
    const part = (image: StoredImage) => turn(actor, () => filePart(image, offer))
    const [first] = images
    if (!offer.multipart && first) return { kind: 'whole', ...(await part(first.image)) }
    async function* parts(): AsyncGenerator<OutgoingPart> {
      for (const { image } of images) yield await part(image)
    }
    return { kind: 'parts', inner: 'application/dicom', parts: parts() }
  }

  const metadata = async (actor: Actor, wanted: Wanted, accept: string | undefined, root: string): Promise<Answer> => {
    const found = await findImages(deps, wanted)
    const forms = ['application/dicom+json', 'application/json']
    const json = (mediaType: string): Offer => ({
      multipart: false,
      mediaType,
      transferSyntax: undefined,
      stored: true,
    })
    negotiate(accept, forms.map(json))
    await look(actor, found)
    async function* chunks(): AsyncGenerator<string> {
      let separator = '['
      for (const { image, seriesUid } of imagesOf(found)) {
        const file = await turn(actor, () => readFile(image))
        const sop = image.sopInstanceUid ?? valueReader(file).ascii(0x00080018)
        const at = `${root}/studies/${wanted.study}/series/${seriesUid}/instances/${sop}`
        const address = (tag: number) => `${at}/bulkdata/${tag.toString(16).toUpperCase().padStart(8, '0')}`
        yield `${separator}${JSON.stringify(toDicomJson(file, address))}`
        separator = ','
      }
      yield separator === '[' ? '[]' : ']'
    }
    return { kind: 'json', chunks: chunks() }
  }

  const frames = async (
    actor: Actor,
    wanted: Wanted & { readonly frames: string },
    accept: string | undefined,
    root: string,
  ): Promise<Answer> => {
    const found = await findImages(deps, wanted)
    const { image } = imagesOf(found)[0] as Images[number]
    const file = await turn(actor, () => readFile(image))
    const layout = pixelLayout(file)
    const list = readFrameList(wanted.frames, layout.frames)
    const offers = frameOffers(image, layout.samples, list.length === 1)
    const wantsPlain = offers.every((offer) => offer.transferSyntax !== EXPLICIT_LE)
    let offer: Offer
    try {
      offer = negotiate(accept, offers)
    } catch (error) {
      // Plain pixels of what no codec here reads: the answer names the syntax, which a person can act upon.
      if (wantsPlain) throw imagingErrors.error('not-decodable', { transferSyntax: image.transferSyntaxUid }, error)
      throw error
    }
    await look(actor, found)
    const plain = offer.transferSyntax === EXPLICIT_LE
    const read = (frame: number) =>
      plain
        ? turn(actor, () => decodePixels(file, layout, frame - 1))
        : Promise.resolve(frameBytes(file, layout, frame - 1))
    const contentType = contentTypeOf({ ...offer, multipart: false })
    const first = await read(list[0] as number)
    if (!offer.multipart) return { kind: 'whole', contentType, body: first }
    const location = (frame: number) =>
      `${root}/studies/${wanted.study}/series/${wanted.series}/instances/${wanted.instance}/frames/${frame}`
    async function* parts(): AsyncGenerator<OutgoingPart> {
      for (const [index, frame] of list.entries()) {
        yield { contentType, location: location(frame), body: index === 0 ? first : await read(frame) }
      }
    }
    return { kind: 'parts', inner: offer.mediaType, parts: parts() }
  }

  const PNG: Offer = { multipart: false, mediaType: 'image/png', transferSyntax: undefined, stored: false }

  /** One picture: of an image, of a frame of it, or the one that stands for a series or a study. */
  const picture = async (
    actor: Actor,
    wanted: Wanted & { readonly frame?: string },
    accept: string | undefined,
    rendering: Rendering,
  ): Promise<Answer> => {
    const found = await findImages(deps, wanted)
    const image = wanted.instance === undefined ? keyImage(found) : (imagesOf(found)[0] as Images[number]).image
    negotiate(accept, [PNG])
    const frame = wanted.frame === undefined ? undefined : readFrameList(wanted.frame, Number.MAX_SAFE_INTEGER)[0]
    await sessions.looking(actor, { studyId: found.studyId, seriesId: image.seriesId })
    const body = await turn(actor, async () => await pictureOf(await image.read(), rendering, frame))
    return { kind: 'whole', contentType: 'image/png', body }
  }

  /** Every image of a study or a series, drawn. */
  const pictures = async (
    actor: Actor,
    wanted: Wanted,
    accept: string | undefined,
    rendering: Rendering,
  ): Promise<Answer> => {
    const found = await findImages(deps, wanted)
    const images = imagesOf({ ...found, series: found.series.filter((one) => one.modality !== 'SR') })
    if (images.length > READ_LIMITS.maxRendered) {
      throw imagingErrors.error('too-much', { images: images.length, maxImages: READ_LIMITS.maxRendered })
    }
    const refused = images.find(({ image }) => !canDecode(image.transferSyntaxUid, 1))
    if (refused) throw imagingErrors.error('not-decodable', { transferSyntax: refused.image.transferSyntaxUid })
    negotiate(accept, [{ ...PNG, multipart: true }])
    await look(actor, found)
    async function* parts(): AsyncGenerator<OutgoingPart> {
      for (const { image } of images) {
        const body = await turn(actor, async () => await pictureOf(await image.read(), rendering))
        yield { contentType: 'image/png', body }
      }
    }
    return { kind: 'parts', inner: 'image/png', parts: parts() }
  }

  /** One large value, as metadata name it. */
  const bulkData = async (actor: Actor, wanted: Wanted & { readonly tag: string }): Promise<Answer> => {
    const found = await findImages(deps, wanted)
    const { image } = imagesOf(found)[0] as Images[number]
    const file = await turn(actor, () => readFile(image))
    const tag = /^[0-9A-F]{8}$/i.test(wanted.tag) ? Number.parseInt(wanted.tag, 16) : 0
    const element = valueReader(file).element(tag)
    if (!element || element.items) throw imagingErrors.error('unknown-instance')
    await sessions.copying(actor, { studyId: found.studyId, resource: image.resource, images: 1 })
    const contentType = `application/octet-stream; transfer-syntax=${image.transferSyntaxUid}`
    return { kind: 'whole', contentType, body: file.body.subarray(element.valueStart, element.valueEnd) }
  }

  return { copy, metadata, frames, picture, pictures, bulkData }
}

export type ImageReader = ReturnType<typeof createImageReader>
