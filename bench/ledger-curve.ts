import { draws, moveBy, openAccounts, openBenchLab, rate, serverCpuMs } from './ledger-lab.ts'
import { type Point, writeCurve } from './ledger-plot.ts'

export const name = 'ledger-curve'

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
    // Kept after each point, so that a run that is ended early leaves what it measured.
    writeCurve(points, CONFIGURATION)
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
