import { createServer, connect as dial, type Socket } from 'node:net'
import type { Clock } from '@bithive/kernel/clock'
import { connect, type Sql } from '@bithive/kernel/database'
import { isDomainError } from '@bithive/kernel/errors'
import { silentLog } from '@bithive/kernel/log'
import { createSeededRandomness } from '@bithive/kernel/randomness'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NETWORK } from './account-id.ts'
import type { Chain } from './apply-batch.ts'
import type { Ledger } from './create-ledger.ts'
import { draw } from './random-batch.ts'
import { type Lab, openLab, testSeed } from './test-ledger.ts'

/** Waits between tries cost nothing here; time itself stands still. */
const impatient: Clock = { now: () => 1_800_000_000_000, sleep: () => new Promise((resolve) => setImmediate(resolve)) }

let lab: Lab
const opened: { close: () => Promise<void> }[] = []
beforeAll(async () => {
  lab = await openLab({ clock: impatient })
  await lab.fund('org_payer', 1_000_000n)
})
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()))
  await lab.db.drop()
})

const READY_FOR_QUERY = 0x5a

/**
 * A hub whose connections run through a door on the loopback. The door can swallow the server's answer to a batch
 * after the commit: PostgreSQL sends the answer of a statement only once its transaction is durable.
 */
async function hubBehindDoor(
  options: { attempts?: number } = {},
): Promise<{ ledger: Ledger; swallow: (answers: number) => void; swallowed: () => number }> {
  const target = new URL(lab.db.url)
  const socketFolder = target.searchParams.get('host')
  let left = 0
  let swallowed = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = socketFolder
      ? dial(`${socketFolder}/.s.PGSQL.${target.port}`)
      : dial(Number(target.port), target.hostname)
    let asked = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('data', (bytes) => {
      asked ||= bytes.includes('ledger.book(')
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => {
      const answered =
        asked && bytes.length >= 6 && bytes[bytes.length - 6] === READY_FOR_QUERY && bytes.includes('SELECT 1')
      if (left > 0 && answered) {
        left--
        swallowed++
        client.destroy()
        upstream.destroy()
        return
      }
      client.write(bytes)
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const url = `postgres://${target.username}:${target.password}@127.0.0.1:${port}/${lab.db.database}`
  const app: Sql = connect(url, { database: lab.db.database, max: 2 })
  opened.push({
    close: async () => {
      await app.end({ timeout: 1 })
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return {
    ledger: lab.another({ db: { ...lab.db, app }, ...options }),
    swallow: (answers) => {
      left = answers
    },
    swallowed: () => swallowed,
  }
}

const payChain = (): Chain => [lab.move({ debit: lab.account('org_payer'), credit: lab.account(NETWORK, 'treasury') })]
const posted = async () => (await lab.ledger.balance('org_payer', 'CNY'))?.posted as bigint

describe('a lost connection', () => {
  test('between commit and answer: the same ids are asked again, and the money moved once', async () => {
    const hub = await hubBehindDoor()
    await hub.ledger.submit(payChain())
    const before = await posted()
    hub.swallow(1)
    const chain = payChain()
    const [outcome] = await hub.ledger.submit(chain)
    expect(hub.swallowed()).toBe(1)
    // Known from the first try, whose answer was lost.
    expect(outcome?.status).toBe('exists')
    expect(await posted()).toBe(before - 100n)
  })

  test('that never comes back ends as unknown, not as failed, and asking later tells what became of it', async () => {
    const hub = await hubBehindDoor({ attempts: 3 })
    await hub.ledger.submit(payChain())
    const before = await posted()
    hub.swallow(3)
    const chain = payChain()
    const [outcome] = await hub.ledger.submit(chain)
    expect(hub.swallowed()).toBe(3)
    expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'ledger.outcome-unknown' } })
    expect(await posted()).toBe(before - 100n)
    expect((await lab.ledger.submit(chain))[0]?.status).toBe('exists')
    expect(await posted()).toBe(before - 100n)
  })

  test('that was never made is a plain refusal: nothing was booked', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const app = connect(`postgres://nobody:nothing@127.0.0.1:${port}/none`, { max: 1 })
    opened.push({ close: () => app.end({ timeout: 1 }) })
    const hub = lab.another({ db: { ...lab.db, app }, attempts: 2 })
    const error = await hub.submit(payChain()).catch((thrown) => thrown)
    expect(isDomainError(error, 'ledger.unavailable')).toBe(true)
    expect(error.entry.retryable).toBe(true)
  })
})

describe('two hubs on one shard', () => {
  test('killed sessions, duplicates and chains: every transfer once, no gap, no deadlock, books balanced', async () => {
    const seed = testSeed('two hubs under fire')
    const random = createSeededRandomness(seed)
    const owners = Array.from({ length: 12 }, (_, index) => `org_storm_${index}`)
    for (const owner of owners) await lab.fund(owner, 1_000_000n)
    const troubles = new Set<string>()
    const log = { ...silentLog, warn: (facts: object) => void troubles.add((facts as { trouble: string }).trouble) }
    const withLog = { attempts: 40, log: { ...log, child: () => log } }
    const hubs = [lab.another(withLog), lab.another(withLog)]
    const accounts = [...owners.map((owner) => lab.account(owner)), lab.account(NETWORK, 'fee')]
    const pick = () => accounts[draw(random, accounts.length)] as bigint
    const chains: Chain[] = Array.from({ length: 3000 }, () => {
      const [debit, credit] = [accounts[draw(random, owners.length)] as bigint, pick()]
      const legs = { debit, credit: credit === debit ? lab.account(NETWORK, 'fee') : credit }
      return Array.from({ length: 1 + draw(random, 3) }, () =>
        lab.move({ ...legs, amount: BigInt(1 + draw(random, 9)) }),
      )
    })
    // Every third commit costs a session its life while it works on a batch, so there is always some progress.
    const shots: Promise<number>[] = []
    let commits = 0
    const stops = hubs.map((hub) =>
      hub.onCommit(() => {
        if (++commits % 3 !== 0) return
        const shot = lab.db.owner`
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hub_app' AND state = 'active'
            AND datname = ${lab.db.database} AND query LIKE '%ledger.book%' LIMIT 1`
        shots.push(shot.then((rows) => rows.length))
      }),
    )
    // Every chain is sent by both hubs, as two workers do that re-drive the same intent.
    const rounds = []
    for (let at = 0; at < chains.length; at += 150) {
      const part = chains.slice(at, at + 150)
      rounds.push(...(await Promise.all(hubs.flatMap((hub) => part.map((chain) => hub.submit(chain))))))
    }
    for (const stop of stops) stop()
    const killed = (await Promise.all(shots)).reduce((sum, one) => sum + one, 0)
    expect(killed).toBeGreaterThan(0)
    // Nothing but the lost sessions: a deadlock or a clash of two writers would show as another trouble.
    expect([...troubles]).toEqual(['lost'])
    const statuses = new Set(rounds.flat().map((outcome) => outcome.status))
    expect([...statuses].sort(), `seed ${seed}`).toEqual(['done', 'exists'])
    const ids = chains.flat().map((transfer) => transfer.id)
    const [row] = await lab.db.owner<{ booked: bigint; first: bigint; last: bigint; rows: bigint }[]>`
      SELECT count(*) FILTER (WHERE id::text = ANY(${ids})) AS booked, min(seq) AS first, max(seq) AS last,
        count(*) AS rows FROM ledger.transfer WHERE shard = 0`
    expect(row?.booked).toBe(BigInt(ids.length))
    expect([row?.first, row?.last]).toEqual([1n, row?.rows])
    expect((await lab.ledger.trialBalance()).balanced).toBe(true)
    expect(await lab.ledger.checkBooks({ full: true })).toEqual([])
  }, 60_000)
})

describe('one bad chain', () => {
  test('that makes the database raise gets its own error, and its neighbours in the batch are booked', async () => {
    // A planted defect: the database itself refuses one reference, as a broken constraint or trigger would.
    await lab.db.owner.unsafe(`
      CREATE FUNCTION ledger.planted() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF new.reference = 'poison' THEN RAISE EXCEPTION 'planted' USING ERRCODE = '23514'; END IF; RETURN new; END $$;
      CREATE TRIGGER planted BEFORE INSERT ON ledger.transfer FOR EACH ROW EXECUTE FUNCTION ledger.planted()`)
    const chains = Array.from({ length: 9 }, payChain)
    const [first] = chains[4] as Chain
    chains[4] = [{ ...(first as Chain[number]), reference: 'poison' }]
    const before = await posted()
    const results = await Promise.allSettled(chains.map((chain) => lab.ledger.submit(chain)))
    await lab.db.owner.unsafe('DROP TRIGGER planted ON ledger.transfer')
    expect(results.map((one) => one.status)).toEqual(chains.map((_, i) => (i === 4 ? 'rejected' : 'fulfilled')))
    expect(await posted()).toBe(before - 800n)
  })

  test('that is refused by a rule changes nothing for the others of its batch', async () => {
    const chains = Array.from({ length: 9 }, payChain)
    const poor = { debit: lab.account(NETWORK, 'escrow', 0), credit: lab.account('org_payer') }
    chains[2] = [...payChain(), lab.move(poor)]
    const results = (await Promise.all(chains.map((chain) => lab.ledger.submit(chain)))).map((one) => one[0]?.status)
    expect(results).toEqual(chains.map((_, index) => (index === 2 ? 'refused' : 'done')))
  })
})

describe('a writer that was replaced', () => {
  test('is refused from the moment its epoch is raised, and a new one goes on', async () => {
    const old = lab.another()
    expect((await old.submit(payChain()))[0]?.status).toBe('done')
    await lab.db.worker`SELECT ledger.fence(0)`
    const before = await posted()
    const error = await old.submit(payChain()).catch((thrown) => thrown)
    expect(isDomainError(error, 'ledger.fenced')).toBe(true)
    expect(await posted()).toBe(before)
    expect((await lab.another().submit(payChain()))[0]?.status).toBe('done')
  })
})
