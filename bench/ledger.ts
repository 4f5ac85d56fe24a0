import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type BenchLab, type Draw, draws, type Move, moveBy, openBenchLab, rate, serverCpuMs } from './ledger-lab.ts'
import { openOneByOne, openPgledger } from './ledger-peers.ts'

export const name = 'ledger'

type Result = { metric: string; value: number; unit: string; peer?: string; ratio?: number }

/**
 * The experiment: committed transfers a second on one shard of an embedded PostgreSQL with fsync on, 10,000 accounts
 * and both history indexes. `spread` moves between random pairs, `hot` moves everything into one account. The peers,
 * in the same run on the same server: one transaction and two row locks a transfer, and pgledger where
 * BITHIVE_PGLEDGER names a folder with its SQL. `tmpfs_spread` is the same ledger on a second server in memory.
 */
const CONFIGURATION = {
  accounts: 10_000,
  /** Callers that each wait for their transfer before they make the next one. */
  callers: 8_000,
  peerConnections: 32,
  warmUpMs: 2_000,
  measureMs: Number(process.env.BITHIVE_BENCH_MS ?? 6_000),
  rounds: Number(process.env.BITHIVE_BENCH_ROUNDS ?? 2),
} as const

const UNIT = 'transfers/s'
const MEMORY = '/dev/shm'

type Key = 'spread' | 'hot' | 'oneSpread' | 'oneHot' | 'tmpfs' | 'twoHubsHot' | 'pgledgerSpread' | 'pgledgerHot'
type Costs = { pgCpuUs: number; hubCpuUs: number; walBytes: number }

async function walPosition(lab: BenchLab): Promise<number> {
  const [row] = await lab.owner<{ bytes: string }[]>`
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text AS bytes`
  return Number(row?.bytes)
}

/** Two hubs as processes of their own, half of the callers each; the sum of what they committed a second. */
async function rateOfTwoHubs(lab: BenchLab): Promise<number> {
  const { accounts, callers, warmUpMs, measureMs } = CONFIGURATION
  const words = [lab.url, accounts, callers / 2, warmUpMs, measureMs].map(String)
  const rates = await Promise.all(
    [1, 2].map(async () => {
      const hub = spawn(process.execPath, [fileURLToPath(new URL('./ledger-hub.ts', import.meta.url)), ...words], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      return Number(await text(hub.stdout))
    }),
  )
  return rates.reduce((sum, one) => sum + one, 0)
}

/** Runs one experiment and takes what it cost: processor time of the server and of this process, and bytes of WAL. */
async function costly(lab: BenchLab, move: Move, draw: Draw): Promise<{ perSecond: number; costs: Costs }> {
  const { callers, warmUpMs, measureMs } = CONFIGURATION
  let [cpu, own] = [0, process.cpuUsage()]
  let wal: Promise<number> | undefined
  const onStart = () => {
    cpu = serverCpuMs(lab.postmaster)
    own = process.cpuUsage()
    wal = walPosition(lab)
  }
  const { perSecond } = await rate(move, draw, { callers, warmUpMs, measureMs, onStart })
  const transfers = (perSecond * measureMs) / 1000
  const spent = process.cpuUsage(own)
  const walBytes = ((await walPosition(lab)) - ((await wal) ?? 0)) / transfers
  return {
    perSecond,
    costs: {
      pgCpuUs: ((serverCpuMs(lab.postmaster) - cpu) * 1000) / transfers,
      hubCpuUs: (spent.user + spent.system) / transfers,
      walBytes,
    },
  }
}

async function measure(lab: BenchLab, memory: BenchLab | undefined) {
  const { callers, peerConnections, warmUpMs, measureMs, accounts } = CONFIGURATION
  const many = { callers, warmUpMs, measureMs }
  const few = { callers: peerConnections, warmUpMs, measureMs }
  const draw = draws(lab.accounts, lab.hot)
  const ours = moveBy(lab.ledger)
  const one = await openOneByOne(lab.url, [...lab.accounts, lab.hot], peerConnections)
  const folder = process.env.BITHIVE_PGLEDGER
  const pgledger = folder ? await openPgledger(lab.url, folder, accounts, peerConnections) : undefined
  const best = new Map<Key, number>()
  const keep = (key: Key, value: number) => best.set(key, Math.max(best.get(key) ?? 0, value))
  let costs: Costs = { pgCpuUs: Number.POSITIVE_INFINITY, hubCpuUs: 0, walBytes: 0 }
  // Interleaved, and the better of the rounds: a noisy neighbour then does not fall on one side only.
  for (let round = 0; round < CONFIGURATION.rounds; round++) {
    keep('oneSpread', (await rate(one.move, draw.spread, few)).perSecond)
    const spread = await costly(lab, ours, draw.spread)
    keep('spread', spread.perSecond)
    if (spread.costs.pgCpuUs < costs.pgCpuUs) costs = spread.costs
    if (memory) {
      const there = draws(memory.accounts, memory.hot)
      keep('tmpfs', (await rate(moveBy(memory.ledger), there.spread, many)).perSecond)
    }
    keep('oneHot', (await rate(one.move, draw.hot, few)).perSecond)
    keep('hot', (await rate(ours, draw.hot, many)).perSecond)
    keep('twoHubsHot', await rateOfTwoHubs(lab))
    if (pgledger) {
      keep('pgledgerSpread', (await rate(pgledger.spread, draw.spread, few)).perSecond)
      keep('pgledgerHot', (await rate(pgledger.hot, draw.hot, few)).perSecond)
    }
  }
  const { p50Ms } = await rate(ours, draw.spread, { callers: 10, warmUpMs: 1_000, measureMs })
  await one.sql.end({ timeout: 5 })
  await pgledger?.sql.end({ timeout: 5 })
  const trial = await lab.ledger.trialBalance()
  if (!trial.balanced) throw new Error('the trial balance of the bench is not 0')
  return { of: (key: Key) => best.get(key) ?? 0, costs, p50Ms }
}

/** Measures the ledger and its peers. Takes about two minutes. */
export async function bench(): Promise<Result[]> {
  const lab = await openBenchLab({ accounts: CONFIGURATION.accounts })
  const memory = existsSync(MEMORY)
    ? await openBenchLab({ accounts: CONFIGURATION.accounts, folder: MEMORY })
    : undefined
  try {
    const { of, costs, p50Ms } = await measure(lab, memory)
    const against = (metric: string, key: Key, peer: Key, peerName: string): Result => {
      return { metric, value: of(key), unit: UNIT, peer: peerName, ratio: of(key) / of(peer) }
    }
    const results: Result[] = [
      against('spread', 'spread', 'oneSpread', 'one_by_one_spread'),
      against('hot', 'hot', 'oneHot', 'one_by_one_hot'),
      against('one_by_one_spread', 'oneSpread', 'oneSpread', 'itself'),
      against('one_by_one_hot', 'oneHot', 'oneHot', 'itself'),
      { metric: 'hot_to_spread', value: of('hot') / of('spread'), unit: 'ratio', peer: 'spread' },
      against('two_hubs_hot', 'twoHubsHot', 'hot', 'hot'),
      { metric: 'p50_ms_10_clients', value: p50Ms, unit: 'ms' },
      { metric: 'cpu_us_per_transfer', value: costs.pgCpuUs + costs.hubCpuUs, unit: 'us, PostgreSQL and hub' },
      { metric: 'pg_cpu_us_per_transfer', value: costs.pgCpuUs, unit: 'us' },
      { metric: 'hub_cpu_us_per_transfer', value: costs.hubCpuUs, unit: 'us' },
      { metric: 'wal_bytes_per_transfer', value: costs.walBytes, unit: 'bytes' },
    ]
    if (memory) {
      results.push(against('tmpfs_spread', 'tmpfs', 'tmpfs', 'itself'))
      const share = of('spread') / of('tmpfs')
      results.push({ metric: 'spread_to_tmpfs', value: share, unit: 'ratio', peer: 'tmpfs_spread', ratio: share })
    }
    if (of('pgledgerSpread') > 0) {
      results.push(against('pgledger_spread', 'pgledgerSpread', 'spread', 'spread'))
      results.push(against('pgledger_hot', 'pgledgerHot', 'hot', 'hot'))
    } else {
      results.push({ metric: 'pgledger', value: 0, unit: 'not given (BITHIVE_PGLEDGER)' })
    }
    return results
  } finally {
    await memory?.close()
    await lab.close()
  }
}
