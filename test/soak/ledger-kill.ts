import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@bithive/kernel/clock'
import { connect, type Database, migrate, openDatabase, type Postgres, startPostgres } from '@bithive/kernel/database'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createSeededRandomness, systemRandomness } from '@bithive/kernel/randomness'
import { createLedger, ledgerMigrations, NETWORK, requireBooked, SHARDS } from '../../apps/hub/src/ledger/index.ts'
import { draw } from '../../apps/hub/src/ledger/random-batch.ts'

/**
 * A hub of its own process books transfers, chains, holds and levels and tells each id that it was answered for.
 * Hub and PostgreSQL are killed with signal 9 at random moments. After each round: every id that was answered for is
 * booked, none twice, the feed has no gap. At the end all books are checked. Usage: soak:ledger-kill [rounds].
 */
const rounds = Number(process.argv[2] ?? 200)
const OWNERS = 30
const START = 1_000_000_000n
const ownerOf = (index: number) => `org_kill_${index}`
const say = (text: string) => process.stdout.write(`${text}\n`)

/** The hub: many callers without a pause; a line on standard output for each transfer that was answered. */
async function beHub(url: string): Promise<void> {
  const db = await openDatabase({ url, name: 'hub', log: silentLog })
  const ledger = createLedger({ db, clock: systemClock, log: silentLog })
  const { uuid } = createIds({ clock: systemClock, randomness: systemRandomness })
  const random = createSeededRandomness(BigInt(systemClock.now()))
  const holders = await Promise.all(
    Array.from({ length: OWNERS }, (_, index) => ledger.ensureAccounts(ownerOf(index), 'CNY', 'holder')),
  )
  const escrow = await ledger.ensureAccounts(NETWORK, 'CNY', 'escrow')
  const caller = async () => {
    for (;;) {
      const shard = draw(random, SHARDS.length)
      const [from, to] = [draw(random, OWNERS), draw(random, OWNERS)]
      const debit = holders[from]?.[shard] as bigint
      const credit = (from === to ? escrow[shard] : holders[to]?.[shard]) as bigint
      const amount = BigInt(1 + draw(random, 50))
      const kind = draw(random, 40)
      if (kind === 0) {
        await ledger.level({ owner: ownerOf(from), asset: 'CNY', toShard: shard, amount, reference: uuid() })
        continue
      }
      const move = { id: uuid(), debit, credit, amount, code: 'fee' } as const
      const legs = { debit, credit: escrow[shard] as bigint, amount }
      const hold = { ...legs, id: uuid(), code: 'hold', step: 'hold' } as const
      const post = { ...legs, id: uuid(), code: 'capture', step: 'post', pendingId: hold.id } as const
      const chain = kind < 8 ? [hold, post] : kind < 16 ? [move, { ...move, id: uuid() }] : [move]
      const outcomes = await ledger.submit(chain)
      const answered = outcomes.filter(({ status }) => status === 'done' || status === 'exists').map(({ id }) => id)
      if (answered.length > 0) process.stdout.write(`${shard} ${answered.join(' ')}\n`)
    }
  }
  const carryOn = async () => {
    for (;;) {
      await ledger.finishLevels()
      await systemClock.sleep(50)
    }
  }
  // An error here is the database that was killed; the process ends and the next round starts another one.
  await Promise.all([...Array.from({ length: 60 }, caller), carryOn()]).catch(() => process.exit(3))
}

type Answered = { readonly byShard: Map<number, string[]>; total: number }

function startHub(url: string, answered: Answered): ChildProcess {
  const hub = spawn(process.execPath, [fileURLToPath(import.meta.url), 'hub', url], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  createInterface({ input: hub.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const [shard, ...ids] = line.split(' ')
    // A line that the kill cut in two names no whole id at its end; ids have 36 characters.
    const whole = ids.filter((id) => id.length === 36)
    answered.byShard.set(Number(shard), [...(answered.byShard.get(Number(shard)) ?? []), ...whole])
    answered.total += whole.length
  })
  return hub
}

/** Waits until the database answers again. */
async function whenUp(db: Database): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await db.worker`SELECT 1`
      return
    } catch (error) {
      if (tries > 400) throw error
      await systemClock.sleep(50)
    }
  }
}

/** Answered ids that are not booked, and gaps or repeats in the feeds. */
async function lookForLosses(db: Database, answered: Answered): Promise<{ lost: number; broken: number }> {
  let lost = 0
  for (const [shard, ids] of answered.byShard) {
    const [row] = await db.worker<{ found: number }[]>`
      SELECT count(*)::int AS found FROM ledger.transfer
      WHERE shard = ${shard} AND id = ANY(${`{${ids.join(',')}}`}::text::uuid[])`
    lost += ids.length - (row?.found ?? 0)
  }
  answered.byShard.clear()
  const [feed] = await db.worker<{ broken: number }[]>`
    SELECT count(*)::int AS broken FROM ledger.shard s
    WHERE s.last_seq <> (SELECT count(*) FROM ledger.transfer t WHERE t.shard = s.id)
      OR s.last_seq <> (SELECT coalesce(max(seq), 0) FROM ledger.transfer t WHERE t.shard = s.id)`
  return { lost, broken: feed?.broken ?? 0 }
}

async function prepare(db: Database) {
  const ledger = createLedger({ db, clock: systemClock, log: silentLog })
  const { uuid } = createIds({ clock: systemClock, randomness: systemRandomness })
  await ledger.defineAsset({ code: 'CNY', scale: 2, closed: false })
  const supply = await ledger.ensureAccounts(NETWORK, 'CNY', 'supply')
  for (let index = 0; index < OWNERS; index++) {
    const holder = await ledger.ensureAccounts(ownerOf(index), 'CNY', 'holder')
    for (const shard of SHARDS) {
      const legs = { debit: supply[shard] as bigint, credit: holder[shard] as bigint }
      requireBooked(await ledger.submit([{ id: uuid(), ...legs, amount: START, code: 'issue' }]))
    }
  }
  return ledger
}

async function watch(server: () => Postgres, restart: () => Promise<void>): Promise<number> {
  const url = server().url('postgres')
  await migrate({ url, name: 'hub', rooms: [ledgerMigrations], log: silentLog })
  const db = await openDatabase({ url, name: 'hub', log: silentLog })
  const ledger = await prepare(db)
  const answered: Answered = { byShard: new Map(), total: 0 }
  let hub = startHub(url, answered)
  let [lost, broken, hubs, databases] = [0, 0, 0, 0]
  const random = createSeededRandomness(BigInt(systemClock.now()))
  for (let round = 1; round <= rounds; round++) {
    const before = answered.total
    while (answered.total < before + 20 + draw(random, 2000) && hub.exitCode === null) await systemClock.sleep(2)
    await systemClock.sleep(draw(random, 40))
    if (round % 2 === 0) {
      process.kill(server().pid, 'SIGKILL')
      databases++
      await restart()
    }
    if (round % 2 === 1 || draw(random, 2) === 0) {
      hub.kill('SIGKILL')
      hubs++
    }
    await whenUp(db)
    if (hub.exitCode !== null || hub.killed) {
      if (hub.exitCode === null && hub.signalCode === null) await once(hub, 'exit')
      await systemClock.sleep(20)
      const now = await lookForLosses(db, answered)
      lost += now.lost
      broken += now.broken
      hub = startHub(url, answered)
    }
    if (round % 20 === 0) say(`round ${round}: ${answered.total} answered, ${lost} lost, ${broken} broken feeds`)
  }
  hub.kill('SIGKILL')
  await once(hub, 'exit')
  await systemClock.sleep(200)
  const last = await lookForLosses(db, answered)
  for (let turn = 0; turn < 5; turn++) await ledger.finishLevels()
  const findings = (await ledger.checkBooks({ full: true })) ?? []
  const clearing = await ledger.balance('network:clearing:0-1', 'CNY', 'clearing')
  const [owner] = await connectSums(server().url('hub'))
  const kills = `${rounds} rounds: hub killed ${hubs} times, PostgreSQL ${databases} times`
  const losses = `${answered.total} transfers answered, ${lost + last.lost} lost, ${owner?.doubled} doubled`
  const books = `${broken + last.broken} broken feeds, ${findings.length} findings`
  const held = `clearing ${clearing?.posted ?? 0n} posted and ${clearing?.pendingOut ?? 0n} held`
  say(`${kills}; ${losses}, ${books}, ${held}`)
  await db.close()
  return lost + last.lost + broken + last.broken + findings.length + Number(clearing?.posted ?? 0n)
}

/** Ids that are booked more than once over both shards. */
async function connectSums(url: string): Promise<{ doubled: bigint }[]> {
  const sql = connect(url, { database: 'hub', max: 1 })
  const rows = await sql<{ doubled: bigint }[]>`
    SELECT count(*) AS doubled FROM (SELECT id FROM ledger.transfer GROUP BY id HAVING count(*) > 1) twice`
  await sql.end()
  return rows
}

if (process.argv[2] === 'hub') {
  await beHub(process.argv[3] as string)
} else {
  const directory = await mkdtemp(join(tmpdir(), 'bithive-soak-'))
  let server = await startPostgres({ directory, log: silentLog })
  // The supervisor gives up after some restarts in a row; a new one takes over the same folder.
  const restart = async () => {
    await server.stop().catch(() => {})
    server = await startPostgres({ directory, log: silentLog })
  }
  let wrong = 1
  try {
    wrong = await watch(() => server, restart)
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
  process.exit(wrong === 0 ? 0 : 1)
}
