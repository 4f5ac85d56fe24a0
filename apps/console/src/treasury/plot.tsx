import { useId } from 'react'

export type Point = { readonly at: number; readonly value: number }

const WIDTH = 640
const HEIGHT = 160
const EDGE = 8

/** Steps from left to right: each value holds until the next. The sentence says what the picture shows. */
export function Plot(props: {
  readonly points: readonly Point[]
  readonly sentence: string
  /** A second line, for example what was released; dashed. */
  readonly second?: readonly Point[]
  readonly fromZero?: boolean
  readonly nowAt?: number
}) {
  const id = useId()
  const all = [...props.points, ...(props.second ?? [])]
  if (all.length === 0) return undefined
  const times = all.map(({ at }) => at)
  const values = all.map(({ value }) => value)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const low = props.fromZero ? 0 : Math.min(...values)
  const high = Math.max(...values)
  const x = (at: number) => EDGE + ((at - first) / (last - first || 1)) * (WIDTH - 2 * EDGE)
  const y = (value: number) => HEIGHT - EDGE - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * EDGE)
  const path = (points: readonly Point[]) =>
    points.map(({ at, value }, index) => `${index === 0 ? `M${x(at)} ` : `H${x(at)}V`}${y(value)}`).join('')
  const flat = high === low
  const line = (points: readonly Point[]) =>
    flat ? `M${EDGE} ${HEIGHT / 2}H${WIDTH - EDGE}` : `${path(points)}H${WIDTH - EDGE}`
  const nowAt = props.nowAt
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-labelledby={id}
      style={{ width: '100%', maxHeight: 220, display: 'block' }}
    >
      <title id={id}>{props.sentence}</title>
      <line x1={EDGE} x2={WIDTH - EDGE} y1={HEIGHT - EDGE} y2={HEIGHT - EDGE} stroke="var(--line)" />
      <path d={line(props.points)} fill="none" stroke="var(--chart-1)" strokeWidth={2} />
      {props.second && props.second.length > 0 && (
        <path d={line(props.second)} fill="none" stroke="var(--chart-2)" strokeWidth={2} strokeDasharray="6 4" />
      )}
      {nowAt !== undefined && nowAt >= first && nowAt <= last && (
        <line x1={x(nowAt)} x2={x(nowAt)} y1={0} y2={HEIGHT} stroke="var(--ink3)" strokeDasharray="2 3" />
      )}
    </svg>
  )
}
