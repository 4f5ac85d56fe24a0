import { StatementQuery, WalletBalances, type WalletEntry, WalletPage, WalletStatement } from '@bithive/api/wallet'
import { createManualClock } from '@bithive/kernel/clock'
import type { HttpEnv } from '@bithive/kernel/http'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { parseAmount } from '@bithive/kernel/money'
import { createSeededRandomness, systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  accountIdOf,
  createLedger,
  type Ledger,
  ledgerMigrations,
  NETWORK,
  requireBooked,
  SHARDS,
  TRANSFER_CODES,
  type TransferRequest,
} from '../ledger/index.ts'
import { createWallet } from './index.ts'

const NOVEMBER = Date.UTC(2026, 10, 1)
const OWNER = 'org_owner'
const OTHER = 'org_other'
const BTT = 'BTT'

let db: TestDatabase
let ledger: Ledger
let app: Hono<HttpEnv>
const clock = createManualClock(NOVEMBER - 3 * 86_400_000)
const ids = createIds({ clock, randomness: systemRandomness })

const account = (owner: string, shard: number, kind: 'holder' | 'royalty' | 'escrow' | 'clearing' = 'holder') =>
  accountIdOf({ owner, asset: BTT, kind, shard })
const book = async (...chain: TransferRequest[]) => requireBooked(await ledger.submit(chain))

const get = (path: string, as = OWNER, headers: Record<string, string> = {}) =>
  app.request(`/hub/v1${path}`, { headers: { authorization: `Bearer ${as}`, ...headers } })
async function read(path: string, as = OWNER): Promise<unknown> {
  const response = await get(path, as)
  const body = await response.json()
  if (!response.ok) throw new Error(`${response.status} ${(body as { code: string }).code}`)
  return body
}
async function entriesOf(query = '', as = OWNER): Promise<WalletEntry[]> {
  const all: WalletEntry[] = []
  for (let after = ''; ; ) {
    const page = WalletPage.parse(await read(`/wallet/entries?${query}${after}`, as))
    all.push(...page.entries)
    if (page.next === undefined) return all
    after = `&after=${page.next}`
  }
}
const units = (text: string) => parseAmount(text, 6)
const sumOf = (entries: readonly WalletEntry[]) => entries.reduce((sum, one) => sum + units(one.effect), 0n)

/** Posted balance of an owner after every booked transfer, added up one by one: obviously right, and slow. */
async function naiveBalances(owner: string): Promise<Map<string, bigint[]>> {
  const own = new Set<bigint>()
  for (const balance of await ledger.balances(owner)) for (const one of balance.shards) own.add(one.account)
  const all: Awaited<ReturnType<Ledger['feed']>> = []
  for (const shard of SHARDS) all.push(...(await ledger.feed({ shard, after: 0n, limit: 5_000 })))
  // Of two at one moment the one of the higher shard comes first: the order of the statement, read upwards.
  all.sort((a, b) => a.atMs - b.atMs || b.shard - a.shard || Number(a.seq - b.seq))
  let balance = 0n
  const after = new Map<string, bigint[]>()
  for (const { id, step, debit, credit, amount, code } of all) {
    if (!own.has(debit) && !own.has(credit)) continue
    const moves = step !== 'hold' && step !== 'void'
    const levelling = code === 'clearing-out' || code === 'clearing-in'
    if (moves && !levelling) balance += (own.has(credit) ? amount : 0n) - (own.has(debit) ? amount : 0n)
    after.set(id, [balance])
  }
  return after
}

/** Some thousand transfers of every step over two shards and three kinds of account, over two months. */
async function fill(seed: bigint, count: number) {
  const randomness = createSeededRandomness(seed)
  const draw = (below: number) => Number(randomness.bytes(6).reduce((sum, byte) => sum * 256 + byte, 0) % below)
  const holds: { id: string; shard: number; amount: bigint; reference: string }[] = []
  const spendable = SHARDS.map(() => 0n)
  for (let index = 0; index < count; index++) {
    if (draw(3) === 0) await clock.advance(draw(1_800_000))
    const shard = draw(SHARDS.length)
    const id = ids.uuid()
    const reference = `job_${ids.next('x').slice(2)}`
    const amount = BigInt(1 + draw(9_000_000))
    const has = spendable[shard] as bigint
    const kind = draw(8)
    if (kind <= 1 || has < amount) {
      await book({
        id,
        debit: account(OTHER, shard),
        credit: account(OWNER, shard),
        amount,
        code: 'base-pay',
        reference,
      })
      spendable[shard] = has + amount
    } else if (kind === 2) {
      await book({
        id,
        debit: account(OTHER, shard),
        credit: account(OWNER, shard, 'royalty'),
        amount,
        code: 'royalty',
        reference,
      })
    } else if (kind <= 4) {
      const credit = account('network:compute', shard, 'escrow')
      await book({ id, debit: account(OWNER, shard), credit, amount, code: 'hold', step: 'hold', reference })
      holds.push({ id, shard, amount, reference })
      spendable[shard] = has - amount
    } else if (kind === 5) {
      await book({
        id,
        debit: account(OWNER, shard),
        credit: account(OWNER, shard, 'royalty'),
        amount,
        code: 'own-move',
      })
      spendable[shard] = has - amount
    } else if (kind === 6) {
      const to = SHARDS[(shard + 1) % SHARDS.length] as number
      const move = `level:${id}`
      await book({
        id,
        debit: account(OWNER, shard),
        credit: account(NETWORK, shard, 'clearing'),
        amount,
        code: 'clearing-out',
        reference: move,
      })
      await book({
        id: ids.uuid(),
        debit: account(NETWORK, to, 'clearing'),
        credit: account(OWNER, to),
        amount,
        code: 'clearing-in',
        reference: move,
      })
      spendable[shard] = has - amount
      spendable[to] = (spendable[to] as bigint) + amount
    } else {
      const hold = holds.splice(draw(Math.max(1, holds.length)), 1)[0]
      if (!hold) continue
      const legs = { debit: account(OWNER, hold.shard), credit: account('network:compute', hold.shard, 'escrow') }
      const ends = { id, ...legs, pendingId: hold.id, reference: hold.reference }
      const taken = draw(3) === 0 ? 0n : 1n + (hold.amount - 1n) / BigInt(1 + draw(4))
      if (taken === 0n) await book({ ...ends, amount: 0n, code: 'release', step: 'void' })
      else await book({ ...ends, amount: taken, code: 'capture', step: 'post' })
      spendable[hold.shard] = (spendable[hold.shard] as bigint) + hold.amount - taken
    }
  }
}

const SEED = 20_261_123n
const COUNT = 1_200

beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: [ledgerMigrations] })
  ledger = createLedger({ db, clock, log: silentLog })
  await ledger.defineAsset({ code: BTT, scale: 6, closed: false })
  for (const [owner, kind] of [
    [NETWORK, 'supply'],
    [NETWORK, 'clearing'],
    [OWNER, 'holder'],
    [OWNER, 'royalty'],
    [OTHER, 'holder'],
    ['network:compute', 'escrow'],
  ] as const)
    await ledger.ensureAccounts(owner, BTT, kind)
  for (const shard of SHARDS) {
    const debit = accountIdOf({ owner: NETWORK, asset: BTT, kind: 'supply', shard })
    await book({ id: ids.uuid(), debit, credit: account(OTHER, shard), amount: 10n ** 15n, code: 'sample-funding' })
  }
  const codeTexts = Object.fromEntries(Object.entries(TRANSFER_CODES).map(([code, { zh, en }]) => [code, { zh, en }]))
  const wallet = createWallet({
    ledger,
    clock,
    partyOf: async (orgId) => ({ name: { zh: orgId, en: orgId }, kind: 'individual', sample: true }),
    jobMoneyOf: async () => new Map(),
    codeTexts,
  })
  const authenticate = async (request: Request) => {
    const orgId = (request.headers.get('authorization') ?? '').replace(/^Bearer ?/, '')
    return orgId === '' ? undefined : ({ id: 'p', kind: 'person', orgId, roles: [] } as const)
  }
  app = createHttp({ log: silentLog, ids, clock, authenticate })
  app.route('/hub/v1', wallet.routes)
  await fill(SEED, COUNT)
}, 120_000)
afterAll(() => db.drop())

describe(`the wallet over ${COUNT} transfers on two shards (seed ${SEED})`, () => {
  test('shows after each entry the balance of the whole owner, the same as a sum made one by one', async () => {
    const naive = await naiveBalances(OWNER)
    const entries = await entriesOf('limit=37')
    expect(entries.length).toBeGreaterThan(COUNT)
    const differs = entries.filter((one) => naive.get(one.id)?.[0] !== units(one.balanceAfter))
    expect(differs.map(({ id, code, balanceAfter }) => [id, code, balanceAfter, naive.get(id)?.[0]])).toEqual([])
  })

  test('adds up to the balance, and a move between own accounts never shows as a jump', async () => {
    const entries = await entriesOf('limit=200')
    const { balances } = WalletBalances.parse(await read('/wallet/balances'))
    const [own] = balances
    expect(sumOf(entries)).toBe(units(own?.posted ?? ''))
    expect(entries[0]?.balanceAfter).toBe(own?.posted)
    for (const parts of ['posted', 'available', 'held', 'incoming'] as const) {
      const sum = own?.accounts.reduce((total, one) => total + units(one[parts]), 0n)
      expect([parts, sum]).toEqual([parts, units(own?.[parts] ?? '')])
    }
    const internal = entries.filter((one) => one.internal)
    expect(new Set(internal.map(({ code }) => code))).toEqual(new Set(['own-move', 'clearing-out', 'clearing-in']))
    expect(internal.every(({ effect, availableEffect }) => units(effect) === 0n && units(availableEffect) === 0n)).toBe(
      true,
    )
    const available = entries.reduce((sum, one) => sum + units(one.availableEffect), 0n)
    expect(available).toBe(units(own?.available ?? ''))
    // Each entry begins where the older one ended.
    const jumps = entries.slice(0, -1).filter((one, index) => {
      const older = entries[index + 1] as WalletEntry
      return units(one.balanceAfter) - units(one.effect) !== units(older.balanceAfter)
    })
    expect(jumps).toEqual([])
  })

  test('shows a released hold as what it is: nothing paid, all of it free again, and no −0', async () => {
    const released = (await entriesOf('code=release')).filter(({ step }) => step === 'void')
    expect(released.length).toBeGreaterThan(10)
    for (const one of released) {
      expect(one).toMatchObject({ effect: '0.000000', availableEffect: one.held, released: one.held })
    }
  })

  test('filters by direction, code, time and text, each page complete, and reads on to the end', async () => {
    const all = await entriesOf('limit=200')
    const middle = all[Math.floor(all.length / 2)] as WalletEntry
    const wanted: [string, (one: WalletEntry) => boolean][] = [
      ['direction=in', ({ direction }) => direction === 'in'],
      ['code=royalty', ({ code }) => code === 'royalty'],
      [`from=${middle.at}`, ({ at }) => at >= middle.at],
      [`until=${middle.at}`, ({ at }) => at < middle.at],
      [
        `text=${(middle.reference ?? middle.id).slice(4).toUpperCase()}`,
        (one) => `${one.reference}${one.id}`.includes((middle.reference ?? middle.id).slice(4)),
      ],
      ['asset=XYZ', () => false],
    ]
    for (const [query, fits] of wanted) {
      const found = await entriesOf(`${query}&limit=10`)
      expect([query, found]).toEqual([query, all.filter(fits)])
    }
  })

  test('refuses a cursor that was made up, and one with another balance', async () => {
    const { next } = WalletPage.parse(await read('/wallet/entries?limit=5'))
    const opened = JSON.parse(Buffer.from(next ?? '', 'base64url').toString('utf8')) as {
      a: Record<string, [string, string]>
    }
    for (const one of Object.values(opened.a)) one[1] = `${BigInt(one[1]) + 1n}`
    const forged = Buffer.from(JSON.stringify(opened)).toString('base64url')
    for (const after of ['nonsense', forged]) {
      const answer = await get(`/wallet/entries?after=${after}`)
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([422, 'wallet.bad-cursor'])
    }
  })

  test('makes a statement that adds up, and months that meet at the same balance', async () => {
    const of = async (month: string, zone = 'Asia/Shanghai') =>
      WalletStatement.parse(await read(`/wallet/statement?asset=BTT&month=${month}&zone=${encodeURIComponent(zone)}`))
    const [october, november, december] = [await of('2026-10'), await of('2026-11'), await of('2026-12')]
    for (const one of [october, november]) {
      expect(units(one.opening) + units(one.totals.in) - units(one.totals.out)).toBe(units(one.closing))
      expect(sumOf(one.entries)).toBe(units(one.closing) - units(one.opening))
      expect(one.entries.at(-1)?.balanceAfter ?? one.opening).toBe(one.closing)
      expect(one.entries.map(({ at }) => at)).toEqual(one.entries.map(({ at }) => at).toSorted((a, b) => a - b))
    }
    expect(october.opening).toBe('0.000000')
    expect(Math.min(october.entries.length, november.entries.length)).toBeGreaterThan(200)
    expect(october.closing).toBe(november.opening)
    expect([december.opening, december.closing, december.entries]).toEqual([november.closing, november.closing, []])
    // The month turns eight hours earlier in Shanghai than in Greenwich.
    expect(november.from).toBe(NOVEMBER - 8 * 3_600_000)
    expect((await of('2026-11', 'UTC')).from).toBe(NOVEMBER)
    expect((await get('/wallet/statement?asset=XYZ&month=2026-11')).status).toBe(404)
    expect((await get('/wallet/statement?asset=BTT&month=2026-11&zone=Mars')).status).toBe(422)
    expect((await get('/wallet/statement?asset=BTT&month=2026-13')).status).toBe(422)
  })

  test.each(['2026-10', '2026-11'])('writes %s as a CSV whose effects add up to its statement', async (month) => {
    const query = `asset=BTT&month=${month}&zone=Asia%2FShanghai`
    const statement = WalletStatement.parse(await read(`/wallet/statement?${query}`))
    const response = await get(`/wallet/statement.csv?${query}`, OWNER, { 'accept-language': 'en' })
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const bytes = new Uint8Array(await response.arrayBuffer())
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    const text = new TextDecoder().decode(bytes)
    expect(text.endsWith('\r\n')).toBe(true)
    const rows = text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','))
    expect(rows[0]?.slice(0, 4)).toEqual(['time', 'asset', 'effect', 'balance'])
    const sum = rows.slice(1).reduce((total, cells) => total + units(cells[2] ?? ''), 0n)
    expect(rows.length - 1).toBe(statement.entries.length)
    expect(sum).toBe(units(statement.closing) - units(statement.opening))
    expect(rows[1]?.[3]).toBe(statement.closing)
  })

  test('shows another owner nothing of it', async () => {
    const mine = new Set((await entriesOf()).map(({ balanceAfter }) => balanceAfter))
    expect(mine.size).toBeGreaterThan(100)
    expect(await entriesOf('', 'org_nobody')).toEqual([])
    expect(WalletBalances.parse(await read('/wallet/balances', 'org_nobody')).balances).toEqual([])
    expect((await get('/wallet/balances', '')).status).toBe(401)
    expect(StatementQuery.safeParse({ asset: 'BTT', month: '2026-11' }).success).toBe(true)
  })
})
