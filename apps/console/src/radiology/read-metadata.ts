import type { DicomDataSet } from '@bithive/api/imaging'

/** One frame that can be shown: where it is read, and how its pixels lie. */
export type Slice = {
  readonly imageId: string
  /** Address of the frame's pixels, below the service. */
  readonly framePath: string
  readonly instancePath: string
  readonly sopInstanceUid: string
  readonly rows: number
  readonly columns: number
  readonly samples: number
  readonly planar: boolean
  readonly bitsAllocated: number
  readonly bitsStored: number
  readonly highBit: number
  readonly signed: boolean
  readonly photometric: string
  readonly slope: number
  readonly intercept: number
  /** Only when it has a width: some devices write 0 and 0. */
  readonly window: { readonly center: number; readonly width: number } | undefined
  /** Millimetres between rows, then between columns; undefined when the file does not say. */
  readonly spacing: readonly [number, number] | undefined
  readonly position: readonly number[] | undefined
  readonly orientation: readonly number[] | undefined
  readonly frameOfReference: string
  readonly transferSyntax: string
}

export const values = (set: DicomDataSet, tag: string): readonly unknown[] => set[tag]?.Value ?? []
export const word = (set: DicomDataSet, tag: string): string => {
  const [value] = values(set, tag)
  return typeof value === 'string' ? value : ''
}
export const numberOf = (set: DicomDataSet, tag: string, other: number): number => {
  const value = Number(values(set, tag)[0])
  return values(set, tag).length > 0 && Number.isFinite(value) ? value : other
}
const numbers = (set: DicomDataSet, tag: string, count: number): readonly number[] | undefined => {
  const list = values(set, tag).map(Number)
  return list.length === count && list.every(Number.isFinite) ? list : undefined
}

function slicesOf(set: DicomDataSet, root: string): Slice[] {
  const sopInstanceUid = word(set, '00080018')
  const instancePath = `${root}/instances/${sopInstanceUid}`
  const rows = numberOf(set, '00280010', 0)
  const columns = numberOf(set, '00280011', 0)
  if (rows < 1 || columns < 1) return []
  const [center, width] = [numberOf(set, '00281050', 0), numberOf(set, '00281051', 0)]
  const spacing = numbers(set, '00280030', 2)
  const bitsAllocated = numberOf(set, '00280100', 16)
  const bitsStored = numberOf(set, '00280101', bitsAllocated)
  const frames = Math.max(1, numberOf(set, '00280008', 1))
  return Array.from({ length: frames }, (_, index) => ({
    imageId: `bithive:${instancePath}/frames/${index + 1}`,
    framePath: `${instancePath}/frames/${index + 1}`,
    ...{ instancePath, sopInstanceUid, rows, columns, bitsAllocated, bitsStored },
    highBit: numberOf(set, '00280102', bitsStored - 1),
    samples: numberOf(set, '00280002', 1),
    planar: numberOf(set, '00280006', 0) === 1,
    signed: numberOf(set, '00280103', 0) === 1,
    photometric: word(set, '00280004') || 'MONOCHROME2',
    slope: numberOf(set, '00281053', 1) || 1,
    intercept: numberOf(set, '00281052', 0),
    window: width > 0 ? { center, width } : undefined,
    spacing: spacing?.every((mm) => mm > 0) ? ([spacing[0], spacing[1]] as [number, number]) : undefined,
    position: numbers(set, '00200032', 3),
    orientation: numbers(set, '00200037', 6),
    frameOfReference: word(set, '00200052'),
    transferSyntax: word(set, '00083002'),
  }))
}

/** How far along its own normal a slice lies. */
function depth({ position, orientation }: Slice): number | undefined {
  if (!position || !orientation) return undefined
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = orientation
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d]
  return normal.reduce((sum, part, index) => sum + part * (position[index] ?? 0), 0)
}

/** The frames of a series in the order in which one scrolls: by place where all have one, else as they are numbered. */
export function readSlices(metadata: readonly DicomDataSet[], root: string): Slice[] {
  const numbered = [...metadata].sort((a, b) => numberOf(a, '00200013', 0) - numberOf(b, '00200013', 0))
  const slices = numbered.flatMap((set) => slicesOf(set, root))
  const placed = slices.length === metadata.length && new Set(slices.map(depth)).size === slices.length
  if (!placed || slices.some((slice) => depth(slice) === undefined)) return slices
  return [...slices].sort((a, b) => (depth(a) as number) - (depth(b) as number))
}
