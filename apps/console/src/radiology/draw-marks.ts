import type { ReportOverlay } from '@bithive/api/reports'
import type { Placement, Point } from './stack-engine.ts'

export type Measure = { readonly id: number; readonly imageId: string; readonly from: Point; readonly to: Point }

export type Marks = {
  readonly masks: readonly HTMLCanvasElement[]
  readonly opacity: number
  readonly measures: readonly { readonly measure: Measure; readonly label: string }[]
  /** Where the cross of a measurement stands, and its first end once that is set. */
  readonly cross: Point | undefined
  readonly pending: Point | undefined
  /** Millimetres between columns; undefined draws no scale. */
  readonly columnSpacing: number | undefined
}

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** A mask as a picture of its own: one pixel an image pixel, in one colour. */
function paint(runs: readonly number[], rows: number, columns: number, colour: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = columns
  canvas.height = rows
  const context = canvas.getContext('2d')
  if (!context) return canvas
  context.fillStyle = colour
  let at = 0
  for (const [turn, run] of runs.entries()) {
    const end = turn % 2 === 1 ? at + run : at
    for (let from = at; from < end; ) {
      const column = from % columns
      const width = Math.min(columns - column, end - from)
      context.fillRect(column, Math.floor(from / columns), width, 1)
      from += width
    }
    at += run
  }
  return canvas
}

/** The masks that lie on one image, each segment in a colour of its own. */
export function masksOf(overlay: ReportOverlay, sopInstanceUid: string): HTMLCanvasElement[] {
  return overlay.segments.flatMap(({ frames }, index) =>
    frames
      .filter((frame) => frame.sopInstanceUid === sopInstanceUid)
      .map((frame) => paint(frame.runs, overlay.rows, overlay.columns, token(`--chart-${(index % 4) + 1}`))),
  )
}

type Pen = { readonly context: CanvasRenderingContext2D; readonly place: Placement }

const toCanvas = ({ origin, right, down }: Placement, [column, row]: Point): readonly [number, number] => [
  origin[0] + (column + 0.5) * right[0] + (row + 0.5) * down[0],
  origin[1] + (column + 0.5) * right[1] + (row + 0.5) * down[1],
]

function drawLine({ context, place }: Pen, from: Point, to: Point, label: string): void {
  const [start, end] = [toCanvas(place, from), toCanvas(place, to)]
  context.beginPath()
  context.moveTo(...start)
  context.lineTo(...end)
  context.stroke()
  for (const [x, y] of [start, end]) context.fillRect(x - 2, y - 2, 5, 5)
  if (label === '') return
  context.lineWidth = 4
  context.strokeStyle = token('--sunken')
  context.strokeText(label, end[0] + 8, end[1] - 8)
  context.fillText(label, end[0] + 8, end[1] - 8)
}

function drawCross({ context, place }: Pen, point: Point): void {
  const [x, y] = toCanvas(place, point)
  context.beginPath()
  for (const [dx, dy] of [
    [-14, 0],
    [4, 0],
    [0, -14],
    [0, 4],
  ] as const) {
    context.moveTo(x + dx, y + dy)
    context.lineTo(x + dx + (dy === 0 ? 10 : 0), y + dy + (dx === 0 ? 10 : 0))
  }
  context.stroke()
}

const SCALES_MM = [100, 50, 20, 10, 5, 2, 1]

function drawScale({ context, place }: Pen, columnSpacing: number, height: number, width: number): void {
  const perMm = Math.hypot(...place.right) / columnSpacing
  const mm = SCALES_MM.find((one) => one * perMm <= height * 0.4)
  if (!mm) return
  const [x, top] = [width - 26, (height - mm * perMm) / 2]
  context.strokeStyle = token('--honey')
  context.fillStyle = token('--honey')
  context.lineWidth = 2
  context.beginPath()
  for (const part of [0, 0.5, 1]) {
    const reach = part === 0.5 ? 5 : 8
    context.moveTo(x - reach, top + part * mm * perMm)
    context.lineTo(x, top + part * mm * perMm)
  }
  context.moveTo(x, top)
  context.lineTo(x, top + mm * perMm)
  context.stroke()
  context.textAlign = 'right'
  context.fillText(mm >= 10 ? `${mm / 10} cm` : `${mm} mm`, x + 4, top - 8)
  context.textAlign = 'left'
}

/** Draws what lies over the image: masks, measurements, the scale. It follows zoom and pan by the image's own place. */
export function drawMarks(canvas: HTMLCanvasElement, place: Placement | undefined, marks: Marks): void {
  const context = canvas.getContext('2d')
  if (!context) return
  const ratio = window.devicePixelRatio || 1
  const [width, height] = [canvas.clientWidth, canvas.clientHeight]
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio)
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio)
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, canvas.width, canvas.height)
  if (!place) return
  const { origin, right, down } = place
  const parts = [right[0], right[1], down[0], down[1], origin[0], origin[1]].map((part) => part * ratio)
  context.setTransform(...(parts as [number, number, number, number, number, number]))
  context.imageSmoothingEnabled = false
  context.globalAlpha = marks.opacity
  for (const mask of marks.masks) context.drawImage(mask, 0, 0)
  context.globalAlpha = 1
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.font = `600 13px ${token('--font-sans')}`
  const pen = { context, place }
  const line = () => {
    context.strokeStyle = token('--primary')
    context.fillStyle = token('--primary')
    context.lineWidth = 2
  }
  for (const { measure, label } of marks.measures) {
    line()
    drawLine(pen, measure.from, measure.to, label)
  }
  line()
  if (marks.pending && marks.cross) drawLine(pen, marks.pending, marks.cross, '')
  if (marks.cross) drawCross(pen, marks.cross)
  if (marks.columnSpacing !== undefined) drawScale(pen, marks.columnSpacing, height, width)
}

/** Length in millimetres by the image's own spacing, or in pixels when the image has none. */
export function lengthOf({ from, to }: Pick<Measure, 'from' | 'to'>, spacing: readonly [number, number] | undefined) {
  const [rowSpacing, columnSpacing] = spacing ?? [1, 1]
  const length = Math.hypot((to[0] - from[0]) * columnSpacing, (to[1] - from[1]) * rowSpacing)
  return `${length.toFixed(1)} ${spacing ? 'mm' : 'px'}`
}
