import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@bithive/kernel/clock'
import { connect, type Database, migrate, openDatabase, type Sql, startPostgres } from '@bithive/kernel/database'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { type Randomness, systemRandomness } from '@bithive/kernel/randomness'
import {
  type AccountId,
  accountIdOf,
  createLedger,
  type Ledger,
  ledgerMigrations,
  NETWORK,
} from '../apps/hub/src/ledger/index.ts'

/** Random bytes by the 64 KiB: asked for one id at a time they would be a third of what the bench measures. */
export function pooledRandomness(): Randomness {
  let pool = systemRandomness.bytes(65_536)
  let at = 0
  return {
    bytes: (length) => {
      if (at + length > pool.length) {
        pool = systemRandomness.bytes(65_536)
        at = 0
      }
      at += length
      return pool.subarray(at - length, at)
    },
  }
}

export const ids = createIds({ clock: systemClock, randomness: pooledRandomness() })

export type Pair = { readonly debit: AccountId; readonly credit: AccountId }
export type Draw = () => Pair
export type Move = (pair: Pair) => Promise<void>

export function draws(accounts: readonly AccountId[], hot: AccountId): { spread: Draw; hot: Draw } {
  const one = () => accounts[Math.floor(Math.random() * accounts.length)] as AccountId
  return {
    spread: () => {
      const debit = one()
      for (;;) {
        const credit = one()
        if (credit !== debit) return { debit, credit }
      }
    },
    hot: () => ({ debit: one(), credit: hot }),
  }
}

export const moveBy =
  (ledger: Ledger): Move =>
  async (pair) => {
    const [outcome] = await ledger.submit([{ id: ids.uuid(), ...pair, amount: 1n, code: 'fee' }])
    if (outcome?.status !== 'done') throw new Error('a transfer of the bench was not booked')
  }

export type Rate = { readonly perSecond: number; readonly p50Ms: number }

/** Runs callers in a closed loop: each waits for its transfer before it makes the next one. */
export async function rate(
  move: Move,
  draw: Draw,
  options: { callers: number; warmUpMs: number; measureMs: number; onStart?: () => void },
): Promise<Rate> {
  let stop = false
  let measuring = false
  let done = 0
  const latencies: number[] = []
  const loops = Array.from({ length: options.callers }, async () => {
    while (!stop) {
      const from = measuring ? performance.now() : 0
      await move(draw())
      done++
      if (from > 0 && latencies.length < 200_000) latencies.push(performance.now() - from)
    }
  })
  await systemClock.sleep(options.warmUpMs)
  options.onStart?.()
  measuring = true
  const [from, startedAt] = [done, performance.now()]
  await systemClock.sleep(options.measureMs)
  const perSecond = ((done - from) * 1000) / (performance.now() - startedAt)
  stop = true
  await Promise.all(loops)
  latencies.sort((a, b) => a - b)
  return { perSecond, p50Ms: latencies[Math.floor(latencies.length / 2)] ?? 0 }
}

/** Processor time in milliseconds of a server's processes so far; Linux alone tells it, elsewhere it is 0. */
export function serverCpuMs(postmaster: number): number {
  let ticks = 0
  try {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        // Fields 4 parent, 14 and 15 time in user and system mode, in hundredths of a second.
        const ours = Number(pid) === postmaster || Number(fields[1]) === postmaster
        if (ours) ticks += Number(fields[11]) + Number(fields[12])
      } catch {
        // It ended while the list was read.
      }
    }
  } catch {
    return 0
  }
  return ticks * 10
}

export type BenchLab = {
  readonly db: Database
  readonly ledger: Ledger
  readonly owner: Sql
  readonly url: string
  readonly postmaster: number
  readonly accounts: readonly AccountId[]
  readonly hot: AccountId
  readonly close: () => Promise<void>
}

const START = 1_000_000_000n
export const ownerOf = (index: number) => `org_bench_${index}`

/** Accounts of shard 0 with money, opened five thousand at a time as `ledger.open_accounts` takes them. */
export async function openAccounts(
  lab: { readonly ledger: Ledger; readonly db: Database },
  from: number,
  to: number,
): Promise<AccountId[]> {
  const { ledger, db } = lab
  const supply = await ledger.openAccount({ owner: NETWORK, asset: 'BENCH', kind: 'supply', shard: 0 })
  const opened: AccountId[] = []
  for (let at = from; at < to; at += 5_000) {
    const owners = Array.from({ length: Math.min(5_000, to - at) }, (_, index) => ownerOf(at + index))
    const part = owners.map((owner) => accountIdOf({ owner, asset: 'BENCH', kind: 'holder', shard: 0 }))
    const list = (value: string | number) => `{${owners.map(() => value).join(',')}}`
    await db.app`SELECT ledger.open_accounts(${systemClock.now()}::bigint, ${list(0)}::text::int[],
      ${`{${part.join(',')}}`}::text::bigint[], ${`{${owners.join(',')}}`}::text::text[], ${list('BENCH')}::text::text[],
      ${list('holder')}::text::text[], ${list(1)}::text::int[])`
    await Promise.all(
      part.map((credit) => ledger.submit([{ id: ids.uuid(), debit: supply, credit, amount: START, code: 'issue' }])),
    )
    for (const id of part) opened.push(id)
  }
  return opened
}

/** A server of its own below `folder`, with fsync on, as the product starts it. */
export async function openBenchLab(options: { accounts: number; folder?: string }): Promise<BenchLab> {
  const directory = await mkdtemp(join(options.folder ?? tmpdir(), 'bithive-bench-ledger-'))
  const server = await startPostgres({ directory, log: silentLog })
  const url = server.url('postgres')
  await migrate({ url, name: 'hub', rooms: [ledgerMigrations], log: silentLog })
  const db = await openDatabase({ url, name: 'hub', log: silentLog })
  const [settings] = await db.worker<{ fsync: string; commit: string }[]>`
    SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`
  if (settings?.fsync !== 'on' || settings.commit !== 'on') throw new Error('the bench asks for fsync on')
  const ledger = createLedger({ db, clock: systemClock, log: silentLog })
  await ledger.defineAsset({ code: 'BENCH', scale: 6, closed: false })
  const hot = await ledger.openAccount({ owner: NETWORK, asset: 'BENCH', kind: 'fee', shard: 0 })
  const accounts = await openAccounts({ ledger, db }, 0, options.accounts)
  const owner = connect(url, { database: 'hub', max: 2 })
  return {
    ...{ db, ledger, owner, url, accounts, hot, postmaster: server.pid },
    close: async () => {
      await owner.end({ timeout: 5 })
      await db.close()
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
