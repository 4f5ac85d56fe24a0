import { imageLoader, metaData, type Types, utilities } from '@cornerstonejs/core'
import { callRaw } from '../shared/call.ts'
import type { Slice } from './read-metadata.ts'

/** Slices that were announced to the loader, by image id. */
const known = new Map<string, Slice>()

export function announceSlices(slices: readonly Slice[]): void {
  for (const slice of slices) known.set(slice.imageId, slice)
}

type Pixels = Int16Array | Uint16Array | Uint8Array | Float32Array

/** Stored bits to numbers behind the rescale: a window is then in the units that people know. */
function greyPixels(bytes: Uint8Array, slice: Slice): Pixels {
  const count = slice.rows * slice.columns
  const shift = slice.highBit + 1 - slice.bitsStored
  const unused = 32 - slice.bitsStored
  const wide = slice.bitsAllocated === 16
  const whole = Number.isInteger(slice.slope) && Number.isInteger(slice.intercept)
  const ends = [slice.signed ? -(2 ** (slice.bitsStored - 1)) : 0, 2 ** (slice.bitsStored - (slice.signed ? 1 : 0)) - 1]
  const scaled = ends.map((end) => end * slice.slope + slice.intercept)
  const fits = whole && Math.min(...scaled) >= -32_768 && Math.max(...scaled) <= 32_767
  const out = fits ? new Int16Array(count) : new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const raw = wide ? (bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8) : (bytes[i] as number)
    const high = (raw >>> shift) << unused
    out[i] = (slice.signed ? high >> unused : high >>> unused) * slice.slope + slice.intercept
  }
  return out
}

function colourPixels(bytes: Uint8Array, slice: Slice): Uint8Array {
  const count = slice.rows * slice.columns
  const out = new Uint8Array(count * 3)
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < 3; channel++) {
      out[3 * i + channel] = bytes[slice.planar ? channel * count + i : 3 * i + channel] as number
    }
  }
  return out
}

const PLAIN = 'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1'

/** Reads one frame as plain pixels: the server decodes, so that no decoder runs in the page. */
async function load(imageId: string): Promise<Types.IImage> {
  const slice = known.get(imageId)
  if (!slice) throw new Error('an image that was not announced')
  const answer = await callRaw(slice.framePath, { headers: { accept: PLAIN } })
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const color = slice.samples === 3
  const scalarData = color ? colourPixels(bytes, slice) : greyPixels(bytes, slice)
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of scalarData) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  const { rows, columns } = slice
  const [rowSpacing, columnSpacing] = slice.spacing ?? [1, 1]
  const numberOfComponents = color ? 3 : 1
  const voxelManager = utilities.VoxelManager.createImageVoxelManager({
    ...{ width: columns, height: rows, numberOfComponents, scalarData, id: imageId },
  })
  return {
    imageId,
    minPixelValue: least,
    maxPixelValue: greatest,
    slope: 1,
    intercept: 0,
    windowCenter: (least + greatest) / 2,
    windowWidth: Math.max(1, greatest - least),
    getPixelData: () => scalarData,
    ...{ rows, columns, height: rows, width: columns, color, rgba: false, numberOfComponents },
    columnPixelSpacing: columnSpacing,
    rowPixelSpacing: rowSpacing,
    invert: slice.photometric === 'MONOCHROME1',
    photometricInterpretation: color ? 'RGB' : 'MONOCHROME2',
    sizeInBytes: scalarData.byteLength,
    dataType: scalarData.constructor.name as Types.PixelDataTypedArrayString,
    voxelManager,
    isPreScaled: true,
    preScale: { enabled: true, scaled: true, scalingParameters: { rescaleSlope: 1, rescaleIntercept: 0 } },
    FrameOfReferenceUID: slice.frameOfReference,
  } as unknown as Types.IImage
}

function planeOf(slice: Slice) {
  const orientation = slice.orientation ?? [1, 0, 0, 0, 1, 0]
  const [rowSpacing, columnSpacing] = slice.spacing ?? [1, 1]
  return {
    frameOfReferenceUID: slice.frameOfReference || 'unplaced',
    rows: slice.rows,
    columns: slice.columns,
    imageOrientationPatient: orientation,
    rowCosines: orientation.slice(0, 3),
    columnCosines: orientation.slice(3, 6),
    imagePositionPatient: slice.position ?? [0, 0, 0],
    pixelSpacing: [rowSpacing, columnSpacing],
    rowPixelSpacing: rowSpacing,
    columnPixelSpacing: columnSpacing,
    usingDefaultValues: slice.spacing === undefined,
  }
}

function metadataOf(type: string, imageId: string): unknown {
  const slice = known.get(imageId)
  if (!slice) return undefined
  const color = slice.samples === 3
  if (type === 'imagePlaneModule') return planeOf(slice)
  if (type === 'imagePixelModule') {
    const bits = color ? 8 : 16
    return {
      ...{ rows: slice.rows, columns: slice.columns, samplesPerPixel: slice.samples },
      ...{ bitsAllocated: bits, bitsStored: bits, highBit: bits - 1, pixelRepresentation: color ? 0 : 1 },
      photometricInterpretation: color ? 'RGB' : 'MONOCHROME2',
    }
  }
  if (type === 'generalSeriesModule') return { modality: 'OT' }
  if (type === 'modalityLutModule') return { rescaleSlope: 1, rescaleIntercept: 0 }
  return undefined
}

let registered = false

/** Tells cornerstone, once, how this house's images are read. */
export function registerImages(): void {
  if (registered) return
  registered = true
  imageLoader.registerImageLoader('bithive', (imageId) => ({ promise: load(imageId) }))
  metaData.addProvider(metadataOf, 10_000)
}
