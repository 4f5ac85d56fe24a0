import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@bithive/kernel/clock'
import { migrate, openDatabase, startPostgres } from '@bithive/kernel/database'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createLedger, ledgerMigrations, NETWORK, requireBooked, verifyLedger } from './index.ts'
import type { TransferRequest } from './transfer.ts'

/**
 * Fills a small disk through the ledger, makes room, and asks again for what was not booked. Says in JSON what the
 * callers were told while it was full, and what the books are in the end.
 */
const [directory = ''] = process.argv.slice(2)
const filler = join(directory, 'filler')
writeFileSync(filler, Buffer.alloc(60_000_000, 1))
const tuning = { max_wal_size: '48MB', min_wal_size: '32MB', autovacuum: 'off' }
const server = await startPostgres({ directory: join(directory, 'pg'), log: silentLog, tuning })
const url = server.url('postgres')
await migrate({ url, name: 'hub', rooms: [ledgerMigrations], log: silentLog })
const db = await openDatabase({ url, name: 'hub', log: silentLog })
const ledger = createLedger({ db, clock: systemClock, log: silentLog, attempts: 3 })
const { uuid } = createIds({ clock: systemClock, randomness: systemRandomness })
await ledger.defineAsset({ code: 'CNY', scale: 2, closed: false })
const [debit] = (await ledger.ensureAccounts(NETWORK, 'CNY', 'supply')) as [bigint]
const [credit] = (await ledger.ensureAccounts('org_full', 'CNY', 'holder')) as [bigint]

const told = new Map<string, number>()
const left: TransferRequest[] = []
let booked = 0
while (left.length === 0 && booked < 2_000_000) {
  const moves = Array.from({ length: 1000 }, (): TransferRequest => {
    return { id: uuid(), debit, credit, amount: 1n, code: 'issue', reference: 'x'.repeat(200) }
  })
  const answers = await Promise.all(
    moves.map((move) =>
      ledger.submit([move]).then(
        ([outcome]) => (outcome && 'error' in outcome ? outcome.error.code : (outcome?.status as string)),
        (error) => (error as { code?: string }).code ?? String(error),
      ),
    ),
  )
  for (const [index, answer] of answers.entries()) {
    told.set(answer, (told.get(answer) ?? 0) + 1)
    if (answer === 'done') booked++
    else left.push(moves[index] as TransferRequest)
  }
}
rmSync(filler)
for (let tries = 0; left.length > 0 && tries < 200; tries++) {
  const batch = left.splice(0, 1000)
  const outcomes = await Promise.all(batch.map((move) => ledger.submit([move]).catch(() => undefined)))
  for (const [index, outcome] of outcomes.entries()) {
    const status = outcome?.[0]?.status
    if (status === 'done' || status === 'exists') booked++
    else left.push(batch[index] as TransferRequest)
  }
  if (left.length > 0) await systemClock.sleep(200)
}
requireBooked(await ledger.submit([{ id: uuid(), debit, credit, amount: 1n, code: 'issue' }]))
// The server may have ended meanwhile, and an idle connection learns of it when it is used.
let found = await verifyLedger(db).catch(() => undefined)
for (let tries = 0; found === undefined && tries < 20; tries++) {
  await systemClock.sleep(100)
  found = await verifyLedger(db).catch(() => undefined)
}
const { differenceCount, transfers } = found ?? { differenceCount: -1, transfers: -1 }
const books = { left: left.length, booked: booked + 1, transfers, differenceCount }
process.stdout.write(`${JSON.stringify({ told: Object.fromEntries(told), ...books })}\n`)
await db.close()
await server.stop()
process.exit(0)
