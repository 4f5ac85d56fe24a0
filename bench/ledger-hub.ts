import { systemClock } from '@bithive/kernel/clock'
import { openDatabase } from '@bithive/kernel/database'
import { silentLog } from '@bithive/kernel/log'
import { accountIdOf, createLedger, NETWORK } from '../apps/hub/src/ledger/index.ts'
import { draws, moveBy, ownerOf, rate } from './ledger-lab.ts'

/** A hub of its own process, for two hubs on one shard: moves everything into the hot account, then says its rate. */
const [url = '', accounts = '0', callers = '0', warmUpMs = '0', measureMs = '0'] = process.argv.slice(2)
const db = await openDatabase({ url, name: 'hub', log: silentLog })
const ledger = createLedger({ db, clock: systemClock, log: silentLog })
const place = { asset: 'BENCH', shard: 0 } as const
const holders = Array.from({ length: Number(accounts) }, (_, index) =>
  accountIdOf({ ...place, owner: ownerOf(index), kind: 'holder' }),
)
const { hot } = draws(holders, accountIdOf({ ...place, owner: NETWORK, kind: 'fee' }))
const options = { callers: Number(callers), warmUpMs: Number(warmUpMs), measureMs: Number(measureMs) }
const { perSecond } = await rate(moveBy(ledger), hot, options)
process.stdout.write(`${perSecond}\n`)
await db.close()
process.exit(0)
