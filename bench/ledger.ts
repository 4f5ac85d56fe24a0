import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@bithive/kernel/clock'
import { connect, migrate, openDatabase, type Sql, startPostgres } from '@bithive/kernel/database'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { type Randomness, systemRandomness } from '@bithive/kernel/randomness'
import { type AccountId, createLedger, type Ledger, ledgerMigrations, NETWORK } from '../apps/hub/src/ledger/index.ts'

export const name = 'ledger'

type Result = { metric: string; value: number; unit: string; peer: string; ratio: number }

/**
 * The experiment: committed transfers a second on one shard of an embedded PostgreSQL with fsync on, 10,000 accounts
 * and both history indexes. `spread` moves between random pairs, `hot` moves everything into one account. The peer,
 * in the same run on the same server, is what most ledgers do: one transaction and two row locks a transfer.
 */
const CONFIGURATION = {
  accounts: 10_000,
  /** Callers that each wait for their transfer before they make the next one. */
  callers: 2_000,
  peerConnections: 32,
  warmUpMs: 2_000,
  measureMs: Number(process.env.BITHIVE_BENCH_MS ?? 6_000),
  rounds: 2,
} as const

const UNIT = 'transfers/s'

/** The classic way, as fairly as we can write it: rows locked in order of their ids, so that it cannot deadlock. */
const ONE_BY_ONE = `
  CREATE SCHEMA classic;
  CREATE TABLE classic.account (id bigint PRIMARY KEY, debits bigint NOT NULL DEFAULT 0,
    credits bigint NOT NULL DEFAULT 0, CHECK (debits <= credits)) WITH (fillfactor = 50);
  CREATE TABLE classic.transfer (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL UNIQUE,
    debit bigint NOT NULL, credit bigint NOT NULL, amount bigint NOT NULL, debit_after bigint NOT NULL,
    credit_after bigint NOT NULL, at_ms bigint NOT NULL, code int NOT NULL);
  CREATE INDEX ON classic.transfer (debit, seq);
  CREATE INDEX ON classic.transfer (credit, seq);
  CREATE FUNCTION classic.move(p_id uuid, p_debit bigint, p_credit bigint, p_amount bigint, p_code int, p_at bigint)
  RETURNS int LANGUAGE plpgsql AS $$
  DECLARE
    d classic.account; c classic.account;
  BEGIN
    IF p_amount <= 0 OR p_debit = p_credit THEN RETURN 11; END IF;
    PERFORM FROM classic.account WHERE id IN (p_debit, p_credit) ORDER BY id FOR UPDATE;
    SELECT * INTO d FROM classic.account WHERE id = p_debit;
    SELECT * INTO c FROM classic.account WHERE id = p_credit;
    IF d.id IS NULL OR c.id IS NULL THEN RETURN 20; END IF;
    IF EXISTS (SELECT FROM classic.transfer WHERE id = p_id) THEN RETURN 1; END IF;
    IF d.debits + p_amount > d.credits THEN RETURN 40; END IF;
    UPDATE classic.account SET debits = debits + p_amount WHERE id = p_debit;
    UPDATE classic.account SET credits = credits + p_amount WHERE id = p_credit;
    INSERT INTO classic.transfer (id, debit, credit, amount, debit_after, credit_after, at_ms, code)
      VALUES (p_id, p_debit, p_credit, p_amount, d.credits - d.debits - p_amount,
        c.credits + p_amount - c.debits, p_at, p_code);
    RETURN 0;
  END $$;`

/** Random bytes by the 64 KiB: asked for one id at a time they would be a third of what the bench measures. */
function pooledRandomness(): Randomness {
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

type Pair = { readonly debit: AccountId; readonly credit: AccountId }
type Move = (pair: Pair) => Promise<void>
type Draw = () => Pair

/** Runs the callers in a closed loop. @returns what was committed a second after the warm-up. */
async function rate(move: Move, draw: Draw, callers: number): Promise<number> {
  let stop = false
  let done = 0
  const loops = Array.from({ length: callers }, async () => {
    while (!stop) {
      await move(draw())
      done++
    }
  })
  await systemClock.sleep(CONFIGURATION.warmUpMs)
  const [from, startedAt] = [done, performance.now()]
  await systemClock.sleep(CONFIGURATION.measureMs)
  const perSecond = ((done - from) * 1000) / (performance.now() - startedAt)
  stop = true
  await Promise.all(loops)
  return perSecond
}

function draws(accounts: readonly AccountId[], hot: AccountId): { spread: Draw; hot: Draw } {
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

const START = 1_000_000_000n

async function openAccounts(ledger: Ledger): Promise<{ accounts: AccountId[]; hot: AccountId }> {
  await ledger.defineAsset({ code: 'BENCH', scale: 6, closed: false })
  const supply = await ledger.openAccount({ owner: NETWORK, asset: 'BENCH', kind: 'supply', shard: 0 })
  const hot = await ledger.openAccount({ owner: NETWORK, asset: 'BENCH', kind: 'fee', shard: 0 })
  const accounts = await Promise.all(
    Array.from({ length: CONFIGURATION.accounts }, (_, index) =>
      ledger.openAccount({ owner: `org_bench_${index}`, asset: 'BENCH', kind: 'holder', shard: 0 }),
    ),
  )
  await Promise.all(
    accounts.map((credit) =>
      ledger.submit([{ id: randomUUID(), debit: supply, credit, amount: START, code: 'issue' }]),
    ),
  )
  return { accounts, hot }
}

async function openPeer(url: string, accounts: readonly AccountId[]): Promise<Sql> {
  const sql = connect(url, { database: 'hub', max: CONFIGURATION.peerConnections })
  await sql.unsafe(ONE_BY_ONE)
  const ids = accounts.map(String)
  await sql`INSERT INTO classic.account (id, credits) SELECT id::bigint, ${START} FROM unnest(${ids}::text[]) q(id)`
  return sql
}

async function measure(
  ledger: Ledger,
  url: string,
): Promise<Record<'spread' | 'hot' | 'oneSpread' | 'oneHot', number>> {
  const ids = createIds({ clock: systemClock, randomness: pooledRandomness() })
  const { accounts, hot } = await openAccounts(ledger)
  const sql = await openPeer(url, [...accounts, hot])
  const draw = draws(accounts, hot)
  const batched: Move = async (pair) => {
    const [outcome] = await ledger.submit([{ id: ids.uuid(), ...pair, amount: 1n, code: 'fee' }])
    if (outcome?.status !== 'done') throw new Error('a transfer of the bench was not booked')
  }
  const oneByOne: Move = async ({ debit, credit }) => {
    const [row] = await sql<{ code: number }[]>`
      SELECT classic.move(${ids.uuid()}, ${debit}, ${credit}, 1, 130, ${Date.now()}) AS code`
    if (row?.code !== 0) throw new Error('a transfer of the peer was not booked')
  }
  const best = { spread: 0, hot: 0, oneSpread: 0, oneHot: 0 }
  const keep = (key: keyof typeof best, value: number) => {
    best[key] = Math.max(best[key], value)
  }
  // Interleaved, and the better of the rounds: a noisy neighbour then does not fall on one side only.
  for (let round = 0; round < CONFIGURATION.rounds; round++) {
    keep('oneSpread', await rate(oneByOne, draw.spread, CONFIGURATION.peerConnections))
    keep('spread', await rate(batched, draw.spread, CONFIGURATION.callers))
    keep('oneHot', await rate(oneByOne, draw.hot, CONFIGURATION.peerConnections))
    keep('hot', await rate(batched, draw.hot, CONFIGURATION.callers))
  }
  await sql.end({ timeout: 5 })
  const trial = await ledger.trialBalance()
  if (!trial.balanced) throw new Error('the trial balance of the bench is not 0')
  return best
}

/** Measures the ledger and its peer. Takes about 70 seconds. */
export async function bench(): Promise<Result[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bithive-bench-ledger-'))
  const server = await startPostgres({ directory, log: silentLog })
  try {
    const url = server.url('postgres')
    await migrate({ url, name: 'hub', rooms: [ledgerMigrations], log: silentLog })
    const db = await openDatabase({ url, name: 'hub', log: silentLog })
    const [fsync] = await db.worker<{ fsync: string; synchronous_commit: string }[]>`
      SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit`
    if (fsync?.fsync !== 'on' || fsync.synchronous_commit !== 'on') throw new Error('the bench asks for fsync on')
    const ledger = createLedger({ db, clock: systemClock, log: silentLog })
    const { spread, hot, oneSpread, oneHot } = await measure(ledger, url)
    await db.close()
    return [
      { metric: 'spread', value: spread, unit: UNIT, peer: 'one_by_one_spread', ratio: spread / oneSpread },
      { metric: 'hot', value: hot, unit: UNIT, peer: 'one_by_one_hot', ratio: hot / oneHot },
      { metric: 'one_by_one_spread', value: oneSpread, unit: UNIT, peer: 'itself', ratio: 1 },
      { metric: 'one_by_one_hot', value: oneHot, unit: UNIT, peer: 'itself', ratio: 1 },
      { metric: 'hot_to_spread', value: hot / spread, unit: 'ratio', peer: 'spread', ratio: hot / spread },
    ]
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}
