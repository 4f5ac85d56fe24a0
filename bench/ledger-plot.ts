import { mkdirSync, writeFileSync } from 'node:fs'

export type Point = {
  readonly accounts: number
  readonly transfers: number
  readonly spread: number
  readonly hot: number
  readonly pgCpuUs: number
}

const FOLDER = new URL('../docs/bench/', import.meta.url)
const EXTRAPOLATED_TO = 100_000_000

/** Rates against the number of transfers on a logarithmic axis: lines, points, and the part that is not measured. */
function plot(points: readonly Point[], note: string): string {
  const [width, height, left, bottom] = [720, 380, 70, 320]
  const top = Math.max(...points.flatMap((p) => [p.spread, p.hot])) * 1.1
  const [from, to] = [Math.log10(points[0]?.transfers ?? 1), Math.log10(EXTRAPOLATED_TO)]
  const x = (transfers: number) => left + ((Math.log10(transfers) - from) / (to - from)) * (width - left - 30)
  const y = (value: number) => bottom - (value / top) * (bottom - 40)
  const at = (p: Point, key: 'spread' | 'hot') => `${x(p.transfers).toFixed(1)},${y(p[key]).toFixed(1)}`
  const line = (key: 'spread' | 'hot', color: string) => {
    const last = points.at(-1) as Point
    const before = points.at(-4) ?? (points[0] as Point)
    // A straight line on two logarithmic axes: it falls with growth and never comes to nothing.
    const power = Math.log(last[key] / before[key]) / Math.log(last.transfers / before.transfers || 10)
    const end = last[key] * (EXTRAPOLATED_TO / last.transfers) ** Math.min(0, power)
    const dots = points.map((p) => `<circle cx="${x(p.transfers)}" cy="${y(p[key])}" r="3" fill="${color}"/>`)
    const style = `fill="none" stroke="${color}"`
    const [endX, endY] = [x(EXTRAPOLATED_TO), y(end)]
    const label = `${key}: ${Math.round(end / 1000)}k (extrapolated)`
    return [
      `<polyline ${style} stroke-width="2" points="${points.map((p) => at(p, key)).join(' ')}"/>`,
      ...dots,
      `<polyline ${style} stroke-dasharray="5 5" points="${at(last, key)} ${endX},${endY}"/>`,
      `<text x="${width - 34}" y="${endY + (key === 'hot' ? -8 : 16)}" fill="${color}" text-anchor="end">${label}</text>`,
    ].join('\n')
  }
  const rows = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const value = (top / 1.1) * part
    return `<line x1="${left}" x2="${width - 30}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>
<text x="${left - 8}" y="${y(value) + 4}" text-anchor="end">${Math.round(value / 1000)}k</text>`
  })
  const columns = [4, 5, 6, 7, 8]
    .filter((power) => 10 ** power >= (points[0]?.transfers ?? 1))
    .map((power) => `<text x="${x(10 ** power)}" y="${bottom + 18}" text-anchor="middle">10^${power}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"
font-family="sans-serif" font-size="12">
<title>Committed transfers a second, by transfers already booked</title>
<rect width="${width}" height="${height}" fill="white"/>
<text x="${left}" y="22" font-size="14">Committed transfers a second, by transfers already booked</text>
${rows.join('\n')}
${columns.join('\n')}
${line('spread', '#0b5fae')}
${line('hot', '#b3461b')}
${note
  .split('; ')
  .map((part, index) => `<text x="${left}" y="${height - 26 + 16 * index}">${part}</text>`)
  .join('\n')}
</svg>
`
}

/** Writes docs/bench/ledger-curve.json and .svg, with a note of how far the points go. */
export function writeCurve(points: readonly Point[], configuration: object, remark = ''): void {
  const last = points.at(-1)
  if (!last) return
  const [most, all] = [last.accounts, last.transfers].map((count) => count.toLocaleString('en'))
  const note = `Measured to ${most} accounts and ${all} transfers${remark}; dashed: extrapolated, not measured.`
  mkdirSync(FOLDER, { recursive: true })
  const file = { configuration, note, points }
  writeFileSync(new URL('ledger-curve.json', FOLDER), `${JSON.stringify(file, null, 2)}\n`)
  writeFileSync(new URL('ledger-curve.svg', FOLDER), plot(points, note))
}
