import type { ReportOverlay } from '@bithive/api/reports'
import {
  type PointerEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from 'react'
import { Loading } from '../shared/loading.tsx'
import { useTexts } from '../shared/texts.ts'
import { CannotShow } from './cannot-show.tsx'
import { drawMarks, lengthOf, type Measure, masksOf } from './draw-marks.ts'
import type { Preset } from './presets.ts'
import type { Slice } from './read-metadata.ts'
import { createStack, type Point, type Range, type Stack } from './stack-engine.ts'
import { radiologyTexts } from './texts.ts'

export type Tool = 'window' | 'zoom' | 'pan' | 'measure'

/** What keys and buttons outside the image do to it. */
export type StackActs = {
  readonly zoomBy: (factor: number) => void
  readonly reset: () => void
  /** Moves the cross of a measurement, in pixels of the image. */
  readonly moveCross: (columns: number, rows: number) => void
  readonly setPoint: () => void
}

type Props = {
  readonly slices: readonly Slice[]
  readonly index: number
  readonly onIndex: (index: number) => void
  readonly preset: Preset | undefined
  /** True while the preset holds; dragging the window lets go of it. */
  readonly onOwnWindow: () => void
  readonly tool: Tool
  readonly overlay: ReportOverlay | undefined
  readonly opacity: number
  readonly measures: readonly Measure[]
  readonly onMeasure: (measure: Omit<Measure, 'id'>) => void
  readonly onRead: (count: number) => void
  readonly corner: string
  readonly acts: Ref<StackActs>
}

const minus = (figure: string) => figure.replace('-', '−')

type Facts = { readonly range: Range | undefined; readonly zoom: number; readonly value: number | undefined }

/** One image of a stack, what lies over it, and what a hand does with it. */
export function StackView(props: Props) {
  const { slices, index, onIndex, preset, tool, overlay, opacity, measures, onRead } = props
  const t = useTexts(radiologyTexts)
  const element = useRef<HTMLDivElement>(null)
  const marks = useRef<HTMLCanvasElement>(null)
  const stack = useRef<Stack>(undefined)
  const [shown, setShown] = useState<number>()
  const [error, setError] = useState<unknown>()
  const [facts, setFacts] = useState<Facts>({ range: undefined, zoom: 1, value: undefined })
  const [cross, setCross] = useState<Point>()
  const [pending, setPending] = useState<Point>()
  const own = useRef<Range>(undefined)
  const slice = slices[index]

  const masks = useMemo(() => (overlay && slice ? masksOf(overlay, slice.sopInstanceUid) : []), [overlay, slice])
  const draw = useCallback(() => {
    if (!marks.current || !slice) return
    const visible = error === undefined && shown === index
    drawMarks(marks.current, visible ? stack.current?.placement() : undefined, {
      masks,
      opacity,
      measures: measures
        .filter((measure) => measure.imageId === slice.imageId)
        .map((measure) => ({ measure, label: lengthOf(measure, slice.spacing) })),
      cross: tool === 'measure' ? cross : undefined,
      pending: tool === 'measure' ? pending : undefined,
      columnSpacing: slice.spacing?.[1],
    })
  }, [masks, opacity, measures, slice, cross, pending, tool, error, shown, index])
  const latestDraw = useRef(draw)
  latestDraw.current = draw
  useEffect(draw, [draw])

  useEffect(() => {
    if (!element.current) return
    const made = createStack(element.current, () => {
      latestDraw.current()
      setFacts((past) => ({ ...past, range: made.range(), zoom: made.zoom() }))
    })
    stack.current = made
    const watcher = new ResizeObserver(() => {
      made.resize()
      latestDraw.current()
    })
    watcher.observe(element.current)
    return () => {
      watcher.disconnect()
      stack.current = undefined
      made.close()
    }
  }, [])

  const applyWindow = useCallback(() => {
    const made = stack.current
    const spread = made?.spread()
    if (!made || !slice || !spread) return
    const range = own.current ?? preset?.rangeOf(spread, slice)
    if (range) made.setRange(range)
  }, [preset, slice])

  const opened = useRef<readonly Slice[]>(undefined)
  useEffect(() => {
    const made = stack.current
    if (!made || slices.length === 0) return
    let current = true
    const first = opened.current !== slices
    opened.current = slices
    setError(undefined)
    const showing = first ? made.open(slices, index) : made.show(index)
    showing.then(
      () => current && setShown(index),
      (failure: unknown) => {
        if (!current) return
        setShown(index)
        setError(failure)
      },
    )
    return () => {
      current = false
    }
  }, [slices, index])

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for a series, when its first image is there.
  useEffect(() => {
    const made = stack.current
    if (!made || shown === undefined || slices.length === 0) return
    const stop = new AbortController()
    void made.readAhead(onRead, stop.signal)
    return () => stop.abort()
  }, [slices, shown === undefined, onRead])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a preset takes over from a window drawn by hand.
  useEffect(() => {
    own.current = undefined
  }, [preset])
  useEffect(() => {
    if (shown === index && error === undefined) applyWindow()
  }, [shown, index, error, applyWindow])

  const setPoint = useCallback(
    (at: Point | undefined) => {
      if (!at || !slice) return
      if (!pending) return setPending(at)
      props.onMeasure({ imageId: slice.imageId, from: pending, to: at })
      setPending(undefined)
    },
    [pending, slice, props.onMeasure],
  )
  useEffect(() => {
    setPending(undefined)
    setCross(tool === 'measure' && slice ? [slice.columns / 2, slice.rows / 2] : undefined)
  }, [tool, slice])

  useImperativeHandle(
    props.acts,
    () => ({
      zoomBy: (factor) => stack.current?.zoomBy(factor),
      reset: () => stack.current?.reset(),
      moveCross: (columns, rows) => {
        if (!slice) return
        const within = (value: number, most: number) => Math.min(most - 1, Math.max(0, value))
        setCross((at) => at && [within(at[0] + columns, slice.columns), within(at[1] + rows, slice.rows)])
      },
      setPoint: () => setPoint(cross),
    }),
    [slice, cross, setPoint],
  )

  const placeOf = (event: { clientX: number; clientY: number }): Point | undefined => {
    const box = element.current?.getBoundingClientRect()
    return box && stack.current?.toImage(event.clientX - box.left, event.clientY - box.top)
  }
  const hold = useRef<readonly [number, number]>(undefined)
  const down = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId)
    hold.current = [event.clientX, event.clientY]
    if (tool === 'measure') setPoint(placeOf(event))
  }
  const drag = (dx: number, dy: number) => {
    const made = stack.current
    const range = made?.range()
    if (!made) return
    if (tool === 'zoom') made.zoomBy(1 - dy / 200)
    if (tool === 'pan') made.panBy(dx, dy)
    if (tool !== 'window' || !range) return
    const width = Math.max(1, (range.upper - range.lower) * (1 + dx / 300))
    const center = (range.upper + range.lower) / 2 + (dy * width) / 600
    own.current = { lower: center - width / 2, upper: center + width / 2 }
    props.onOwnWindow()
    made.setRange(own.current)
  }
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const at = placeOf(event)
    setFacts((past) => ({ ...past, value: at && stack.current?.valueAt(at) }))
    if (tool === 'measure') setCross(at)
    if (!hold.current) return
    drag(event.clientX - hold.current[0], event.clientY - hold.current[1])
    hold.current = [event.clientX, event.clientY]
  }

  useEffect(() => {
    const target = element.current
    if (!target) return
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      if (event.ctrlKey) stack.current?.zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1)
      else onIndex(index + Math.sign(event.deltaY))
    }
    target.addEventListener('wheel', wheel, { passive: false })
    return () => target.removeEventListener('wheel', wheel)
  }, [index, onIndex])

  const { range, zoom, value } = facts
  const position = slice?.position?.[2]
  const loading = shown !== index && error === undefined
  return (
    <div className="rad-image" data-tool={tool} data-shown={shown} data-failed={error !== undefined || undefined}>
      <div
        ref={element}
        className="rad-canvas"
        role="img"
        aria-label={t('image', { at: index + 1, count: slices.length, name: props.corner })}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={() => {
          hold.current = undefined
        }}
        onPointerLeave={() => setFacts((past) => ({ ...past, value: undefined }))}
        onContextMenu={(event) => event.preventDefault()}
      />
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a drawing above the image; it takes no focus. */}
      <canvas ref={marks} className="rad-marks" aria-hidden="true" />
      {error !== undefined && <CannotShow error={error} slice={slice} />}
      {loading && (
        <div className="rad-loading">
          <Loading rows={1} />
        </div>
      )}
      <p className="rad-corner" data-at="top-left" dir="auto">
        {props.corner}
      </p>
      <p className="rad-corner" data-at="top-right">
        {t('slice', { at: index + 1, count: slices.length })}
        {position !== undefined && <span>{t('position', { mm: minus(position.toFixed(1)) })}</span>}
      </p>
      {error === undefined && (
        <p className="rad-corner" data-at="bottom-left">
          {range && (
            <span>
              {t('windowIs', {
                width: Math.round(range.upper - range.lower),
                center: minus(String(Math.round((range.upper + range.lower) / 2))),
              })}
            </span>
          )}
          <span>{t('zoomIs', { percent: Math.round(zoom * 100) })}</span>
        </p>
      )}
      <p className="rad-corner" data-at="bottom-right">
        {value !== undefined && t('value', { value: minus(String(Math.round(value))) })}
      </p>
      <p className="bh-sr" role="status">
        {tool === 'measure' && cross
          ? t('measurePoint', { column: Math.round(cross[0]) + 1, row: Math.round(cross[1]) + 1 })
          : shown === index && error === undefined
            ? t('drawn', { at: index + 1 })
            : ''}
      </p>
    </div>
  )
}
