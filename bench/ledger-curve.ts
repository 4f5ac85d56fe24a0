import { mkdirSync, writeFileSync } from 'node:fs'
import { draws, moveBy, openAccounts, openBenchLab, rate, serverCpuMs } from './ledger-lab.ts'

export const name = 'ledger-curve'

type Point = {
  readonly accounts: number
  readonly transfers: number
  readonly spread: number
  readonly hot: number
  readonly pgCpuUs: number
}

/**
 * How the rate moves as the ledger grows: accounts from 10 thousand to 2 million, and transfers to 20 million, on one
 * shard with fsync and both history indexes on. BITHIVE_CURVE_ACCOUNTS and BITHIVE_CURVE_TRANSFERS end it earlier; the
 * files say how far it came. Beyond the last point the plot goes on by the slope of the last points, and says so.
 */
const CONFIGURATION = {
  steps: [10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000],
  mostAccounts: Number(process.env.BITHIVE_CURVE_ACCOUNTS ?? 2_000_000),
  mostTransfers: Number(process.env.BITHIVE_CURVE_TRANSFERS ?? 20_000_000),
  callers: 8_000,
  warmUpMs: 1_000,
  measureMs: Number(process.env.BITHIVE_BENCH_MS ?? 4_000),
  /** After the last step of accounts, a point each time the transfers have grown by this factor. */
  growth: 1.6,
} as const

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
    const slope = (last[key] - before[key]) / Math.log10(last.transfers / before.transfers || 10)
    const end = Math.max(0, last[key] + slope * Math.log10(EXTRAPOLATED_TO / last.transfers))
    const dots = points.map((p) => `<circle cx="${x(p.transfers)}" cy="${y(p[key])}" r="3" fill="${color}"/>`)
    const style = `fill="none" stroke="${color}"`
    const [endX, endY] = [x(EXTRAPOLATED_TO), y(end)]
    const label = `${key}: ${Math.round(end / 1000)}k (extrapolated)`
    return [
      `<polyline ${style} stroke-width="2" points="${points.map((p) => at(p, key)).join(' ')}"/>`,
      ...dots,
      `<polyline ${style} stroke-dasharray="5 5" points="${at(last, key)} ${endX},${endY}"/>`,
      `<text x="${width - 34}" y="${endY - 6}" fill="${color}" text-anchor="end">${label}</text>`,
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
<rect width="${width}" height="${height}" fill="white"/>
<text x="${left}" y="22" font-size="14">Committed transfers a second, by transfers already booked</text>
${rows.join('\n')}
${columns.join('\n')}
${line('spread', '#0b5fae')}
${line('hot', '#b3461b')}
<text x="${left}" y="${height - 14}">${note}</text>
</svg>
`
}

/** Measures the curve and writes docs/bench/ledger-curve.json and .svg. Takes from minutes to an hour. */
export async function bench() {
  const { steps, mostAccounts, mostTransfers, callers, warmUpMs, measureMs, growth } = CONFIGURATION
  const lab = await openBenchLab({ accounts: steps[0] as number })
  let accounts = lab.accounts
  const points: Point[] = []
  const booked = async () => {
    const [row] = await lab.owner<{ seq: bigint }[]>`SELECT last_seq AS seq FROM ledger.shard WHERE id = 0`
    return Number(row?.seq)
  }
  const move = moveBy(lab.ledger)
  const point = async () => {
    const draw = draws(accounts, lab.hot)
    await lab.owner`VACUUM ANALYZE ledger.account`
    let cpu = 0
    const onStart = () => {
      cpu = serverCpuMs(lab.postmaster)
    }
    const spread = await rate(move, draw.spread, { callers, warmUpMs, measureMs, onStart })
    const pgCpuUs = ((serverCpuMs(lab.postmaster) - cpu) * 1000) / ((spread.perSecond * measureMs) / 1000)
    const hot = await rate(move, draw.hot, { callers, warmUpMs, measureMs })
    const facts = { spread: Math.round(spread.perSecond), hot: Math.round(hot.perSecond) }
    points.push({
      accounts: accounts.length,
      transfers: await booked(),
      ...facts,
      pgCpuUs: Math.round(pgCpuUs * 10) / 10,
    })
    process.stderr.write(`${JSON.stringify(points.at(-1))}\n`)
  }
  try {
    await point()
    for (const step of steps.slice(1)) {
      if (step > mostAccounts) break
      accounts = accounts.concat(await openAccounts(lab, accounts.length, step))
      await point()
    }
    while ((await booked()) < mostTransfers) {
      const goal = Math.min((await booked()) * growth, mostTransfers)
      const draw = draws(accounts, lab.hot)
      while ((await booked()) < goal) await rate(move, draw.spread, { callers, warmUpMs: 0, measureMs: 10_000 })
      await point()
    }
    const last = points.at(-1) as Point
    const [most, all] = [last.accounts, last.transfers].map((count) => count.toLocaleString('en'))
    const note = `Measured to ${most} accounts and ${all} transfers; dashed: extrapolated, not measured.`
    mkdirSync(FOLDER, { recursive: true })
    const file = { configuration: CONFIGURATION, note, points }
    writeFileSync(new URL('ledger-curve.json', FOLDER), `${JSON.stringify(file, null, 2)}\n`)
    writeFileSync(new URL('ledger-curve.svg', FOLDER), plot(points, note))
    const result = (metric: string, value: number, unit = 'transfers/s') => ({ metric, value, unit })
    return [
      result('accounts', last.accounts, 'accounts'),
      result('transfers', last.transfers, 'transfers'),
      { ...result('spread_last', last.spread), peer: 'first point', ratio: last.spread / (points[0]?.spread ?? 1) },
      { ...result('hot_last', last.hot), peer: 'first point', ratio: last.hot / (points[0]?.hot ?? 1) },
    ]
  } finally {
    await lab.close()
  }
}
