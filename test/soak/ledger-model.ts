import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@bithive/kernel/clock'
import { type Database, migrate, openDatabase, startPostgres } from '@bithive/kernel/database'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createSeededRandomness, type Randomness } from '@bithive/kernel/randomness'
import { accountIdOf, createLedger, type Ledger, ledgerMigrations } from '../../apps/hub/src/ledger/index.ts'
import { createNaiveLedger, type RawRow } from '../../apps/hub/src/ledger/naive-ledger.ts'
import { applyRaw, draw, PLACES, randomRows } from '../../apps/hub/src/ledger/random-batch.ts'

/**
 * Random transfers of every kind, right and wrong, over two shards, against the naive twin: results of every batch,
 * then every account, row and open hold. Usage: soak:ledger [transfers]; LEDGER_SEED repeats a run.
 */
const wanted = Number(process.argv[2] ?? 1_000_000)
const seed = BigInt(process.env.LEDGER_SEED ?? systemClock.now())
const OWNERS = 40

type Shard = ReturnType<typeof openShard>
const say = (text: string) => process.stdout.write(`${text}\n`)

function openShard(shard: number) {
  const twin = createNaiveLedger(shard)
  const places = [
    ...PLACES,
    ...Array.from({ length: OWNERS }, (_, index) => ({
      ...{ owner: `org_soak_${index}`, asset: 'CNY', kind: 'holder' as const, limit: 'debits' as const },
    })),
  ]
  for (const place of places) {
    const rules = { closedAsset: place.asset === 'CREDIT', frozen: false, closed: false }
    twin.open(accountIdOf({ ...place, shard }), { ...place, ...rules })
  }
  const accounts = [...twin.books().accounts.keys()]
  const byAsset = Map.groupBy(accounts, (id) => twin.books().accounts.get(id)?.asset ?? '')
  return { shard, twin, places, accounts, byAsset, past: [] as RawRow[], open: [] as RawRow[] }
}

/** Puts a random account under random restrictions, in the ledger and in the twin. */
async function restrict(ledger: Ledger, random: Randomness, { shard, twin, accounts }: Shard) {
  const account = accounts[draw(random, accounts.length)] as bigint
  const [outgoing, incoming] = [draw(random, 6) === 0, draw(random, 6) === 0]
  const maxBalance = draw(random, 4) === 0 ? BigInt(draw(random, 50_000)) : undefined
  const change = { outgoing, incoming, maxBalance: maxBalance ?? null, by: 'per_1', reason: 'soak' }
  await ledger.restrict({ shard, account }, change)
  Object.assign(twin.books().accounts.get(account) as object, {
    ...{ outgoingFrozen: outgoing, incomingFrozen: incoming, maxBalance },
  })
}

async function step(db: Database, random: Randomness, uuid: () => string, one: Shard, nowMs: bigint) {
  const { twin, accounts, byAsset, shard } = one
  const sameAsset = (id: bigint) => {
    const asset = twin.books().accounts.get(id)?.asset ?? 'CNY'
    return (byAsset.get(asset) ?? []).filter((other) => other !== id)
  }
  one.open = one.open.filter((row) => !twin.books().ended.has(row.id as string)).slice(-40)
  const rows: RawRow[] = []
  while (rows.length < 200) {
    const booked = twin.books().transfers.slice(-12)
    rows.push(...randomRows(random, uuid, accounts, sameAsset, [...one.past, ...rows], one.open, booked))
  }
  const expected = twin.apply(rows, nowMs)
  const results = await applyRaw(db, shard, rows, nowMs)
  const wrong = results.findIndex((result, index) => result !== expected[index])
  if (wrong >= 0) throw new Error(`row ${wrong}: ${results[wrong]} instead of ${expected[wrong]}, seed ${seed}`)
  one.open.push(...rows.filter((row, index) => results[index] === 0 && ((row.flags ?? 0) & 2) === 2))
  one.past = [...one.past, ...rows].slice(-300)
  return { sent: rows.length, booked: results.filter((result) => result === 0).length }
}

/** Compares everything that is stored with the twin. @returns the number of differences. */
async function compare(db: Database, { shard, twin }: Shard): Promise<number> {
  let differences = 0
  const stored = await db.worker<{ id: bigint; sums: string }[]>`
    SELECT id, concat_ws(' ', debits_pending, debits_posted, credits_pending, credits_posted) AS sums
    FROM ledger.account WHERE shard = ${shard}`
  const sums = new Map(stored.map((row) => [row.id, row.sums]))
  for (const [id, a] of twin.books().accounts) {
    const expected = [a.debitsPending, a.debitsPosted, a.creditsPending, a.creditsPosted].join(' ')
    if (sums.get(id) !== expected) differences++
  }
  const { transfers, ended } = twin.books()
  for (let after = 0; after <= transfers.length; after += 5000) {
    const rows = await db.worker<{ row: string }[]>`
      SELECT concat_ws(' ', seq, id, debit, credit, amount, flags, code, debit_after, credit_after, at_ms,
        coalesce(pending_id::text, '-'), coalesce(post_limit::text, '-')) AS row
      FROM ledger.transfer WHERE shard = ${shard} AND seq > ${after} ORDER BY seq LIMIT 5000`
    const part = transfers.slice(after, after + 5000)
    if (rows.length !== part.length) differences += Math.abs(rows.length - part.length)
    for (const [index, t] of part.entries()) {
      const refers = [t.pending ?? '-', t.postLimit ?? '-']
      const fields = [after + index + 1, t.id, t.debit, t.credit, t.amount, t.flags, t.code]
      const row = [...fields, t.debitAfter, t.creditAfter, t.atMs, ...refers].join(' ')
      if (rows[index]?.row !== row) differences++
    }
  }
  const holds = await db.worker<{ id: string }[]>`SELECT pending_id AS id FROM ledger.hold WHERE shard = ${shard}`
  const held = new Set(transfers.filter((t) => (t.flags & 2) === 2 && !ended.has(t.id)).map((t) => t.id))
  for (const { id } of holds) if (!held.delete(id)) differences++
  return differences + held.size
}

async function run(db: Database): Promise<number> {
  const ledger = createLedger({ db, clock: systemClock, log: silentLog })
  await ledger.defineAsset({ code: 'CNY', scale: 2, closed: false })
  await ledger.defineAsset({ code: 'CREDIT', scale: 0, closed: true })
  const random = createSeededRandomness(seed)
  const { uuid } = createIds({ clock: systemClock, randomness: createSeededRandomness(seed + 1n) })
  const shards = [openShard(0), openShard(1)]
  for (const { places, shard } of shards) for (const place of places) await ledger.openAccount({ ...place, shard })
  let [sent, booked] = [0, 0]
  for (let round = 0; sent < wanted; round++) {
    const one = shards[round % 2] as Shard
    if (round % 7 < 2) await restrict(ledger, random, one)
    // Clocks of two hubs differ, so time may come in backwards.
    const done = await step(db, random, uuid, one, BigInt(1000 + round * 3 - draw(random, 12)))
    sent += done.sent
    booked += done.booked
    if (round % 500 === 0) say(`${sent} sent, ${booked} booked`)
  }
  let differences = 0
  for (const one of shards) differences += await compare(db, one)
  const findings = (await ledger.checkBooks({ full: true })) ?? []
  say(`${sent} transfers sent over 2 shards, ${booked} booked, ${differences} differences, ${findings.length} findings`)
  return differences + findings.length
}

say(`LEDGER_SEED=${seed}`)
const directory = await mkdtemp(join(tmpdir(), 'bithive-soak-'))
const server = await startPostgres({ directory, log: silentLog })
let wrong = 1
try {
  const url = server.url('postgres')
  await migrate({ url, name: 'hub', rooms: [ledgerMigrations], log: silentLog })
  const db = await openDatabase({ url, name: 'hub', log: silentLog })
  wrong = await run(db)
  await db.close()
} finally {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
}
process.exit(wrong === 0 ? 0 : 1)
