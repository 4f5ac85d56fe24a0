import {
  cache,
  Enums,
  eventTarget,
  imageLoader,
  init,
  RenderingEngine,
  type Types,
  utilities,
} from '@cornerstonejs/core'
import { announceSlices, registerImages } from './image-loader.ts'
import type { Slice } from './read-metadata.ts'

export type Range = { readonly lower: number; readonly upper: number }
export type Point = readonly [column: number, row: number]

/** Where the image lies on the canvas: `canvas = origin + column * right + row * down`, CSS pixels. */
export type Placement = {
  readonly origin: readonly [number, number]
  readonly right: readonly [number, number]
  readonly down: readonly [number, number]
}

/** The least and greatest value of an image, and those at 1 and 99 per cent. */
export type Spread = { readonly least: number; readonly greatest: number; readonly low: number; readonly high: number }

export type Stack = {
  /** @throws ApiProblem of the frame that could not be read */
  readonly open: (slices: readonly Slice[], index: number) => Promise<void>
  readonly show: (index: number) => Promise<void>
  readonly setRange: (range: Range) => void
  readonly range: () => Range | undefined
  readonly zoomBy: (factor: number) => void
  readonly zoom: () => number
  readonly panBy: (x: number, y: number) => void
  readonly reset: () => void
  readonly resize: () => void
  readonly placement: () => Placement | undefined
  readonly toImage: (x: number, y: number) => Point | undefined
  readonly valueAt: (point: Point) => number | undefined
  readonly spread: () => Spread | undefined
  /** Reads the other images ahead, a few at a time, until `signal` ends it; a failure is left to whoever looks. */
  readonly readAhead: (onRead: (count: number) => void, signal: AbortSignal) => Promise<void>
  readonly close: () => void
}

const VIEWPORT = 'image'
/** Rendered images kept in the browser. */
const CACHE_BYTES = 512 * 1024 * 1024
/** Images that are read ahead side by side: the server opens four at once. */
const AHEAD = 3
let engines = 0

function spreadOf(data: ArrayLike<number>): Spread {
  const step = Math.max(1, Math.floor(data.length / 65_536))
  const sample: number[] = []
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number
    if (value < least) least = value
    if (value > greatest) greatest = value
    if (i % step === 0) sample.push(value)
  }
  sample.sort((a, b) => a - b)
  const at = (share: number) => sample[Math.floor(share * (sample.length - 1))] as number
  return { least, greatest, low: at(0.01), high: at(0.99) }
}

/**
 * A stack of images on an element, drawn by cornerstone3D.
 * @param onDrawn told after every drawing
 */
export function createStack(element: HTMLDivElement, onDrawn: () => void): Stack {
  init()
  registerImages()
  cache.setMaxCacheSize(CACHE_BYTES)
  engines += 1
  const engineId = `stack-${engines}`
  const engine = new RenderingEngine(engineId)
  engine.enableElement({ viewportId: VIEWPORT, type: Enums.ViewportType.STACK, element })
  const viewport = engine.getViewport(VIEWPORT) as Types.IStackViewport
  let slices: readonly Slice[] = []
  let wanted = 0
  let closed = false
  const failures = new Map<string, unknown>()
  const failed = (event: Event) => {
    const { imageId, error } = (event as CustomEvent<{ imageId: string; error: unknown }>).detail
    failures.set(imageId, error)
  }
  eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_FAILED, failed)
  element.addEventListener(Enums.Events.IMAGE_RENDERED, onDrawn)

  const image = () => (slices.length > 0 ? viewport.getCornerstoneImage() : undefined)
  const world = (point: Point) => {
    const id = viewport.getCurrentImageId()
    return id === undefined ? undefined : utilities.imageToWorldCoords(id, [point[0], point[1]])
  }
  const canvasOf = (point: Point) => {
    const place = world(point)
    return place && viewport.worldToCanvas(place)
  }

  /** Cornerstone says of a frame that it failed by an event; whoever asked for it hears why. */
  const settle = async (index: number, act: () => Promise<unknown>) => {
    const id = (slices[index] as Slice).imageId
    failures.delete(id)
    try {
      await act()
    } catch (error) {
      throw failures.get(id) ?? error
    }
    if (failures.has(id)) throw failures.get(id)
    if (!closed) viewport.render()
  }

  const show = async (index: number) => {
    wanted = index
    await settle(index, async () => {
      // Of many steps in a row only the last is drawn.
      if (wanted === index && !closed) await viewport.setImageIdIndex(index)
    })
  }

  return {
    open: async (next, index) => {
      slices = next
      wanted = index
      announceSlices(next)
      const ids = next.map((slice) => slice.imageId)
      await settle(index, () => viewport.setStack(ids, index))
    },
    show,
    setRange: (voiRange) => {
      viewport.setProperties({ voiRange: { ...voiRange } })
      viewport.render()
    },
    range: () => viewport.getProperties().voiRange,
    zoomBy: (factor) => {
      viewport.setZoom(Math.min(20, Math.max(0.2, viewport.getZoom() * factor)))
      viewport.render()
    },
    zoom: () => viewport.getZoom(),
    panBy: (x, y) => {
      const [panX, panY] = viewport.getPan()
      viewport.setPan([panX + x, panY + y])
      viewport.render()
    },
    reset: () => {
      viewport.resetCamera()
      viewport.render()
    },
    resize: () => {
      if (!closed) engine.resize(true, true)
    },
    placement: () => {
      if (!image()) return undefined
      // Image coordinates name the centres of pixels; a mask begins at the corner of the first.
      const [corner, right, below] = [canvasOf([-0.5, -0.5]), canvasOf([0.5, -0.5]), canvasOf([-0.5, 0.5])]
      if (!corner || !right || !below) return undefined
      return {
        origin: [corner[0], corner[1]],
        right: [right[0] - corner[0], right[1] - corner[1]],
        down: [below[0] - corner[0], below[1] - corner[1]],
      }
    },
    toImage: (x, y) => {
      const id = viewport.getCurrentImageId()
      const place = id && image() ? utilities.worldToImageCoords(id, viewport.canvasToWorld([x, y])) : undefined
      return place ? [place[0], place[1]] : undefined
    },
    valueAt: ([column, row]) => {
      const shown = image()
      const [x, y] = [Math.round(column), Math.round(row)]
      if (!shown || shown.color || x < 0 || y < 0 || x >= shown.columns || y >= shown.rows) return undefined
      return shown.getPixelData()[y * shown.columns + x]
    },
    spread: () => {
      const shown = image()
      return shown && !shown.color ? spreadOf(shown.getPixelData()) : undefined
    },
    readAhead: async (onRead, signal) => {
      const waiting = slices.map((slice) => slice.imageId)
      let count = 0
      const work = async () => {
        for (let id = waiting.shift(); id !== undefined && !signal.aborted && !closed; id = waiting.shift()) {
          await imageLoader.loadAndCacheImage(id).catch(() => {})
          count += 1
          if (!signal.aborted) onRead(count)
        }
      }
      await Promise.all(Array.from({ length: AHEAD }, work))
    },
    close: () => {
      closed = true
      eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_FAILED, failed)
      element.removeEventListener(Enums.Events.IMAGE_RENDERED, onDrawn)
      engine.destroy()
    },
  }
}
