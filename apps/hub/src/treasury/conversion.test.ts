import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accountIdOf } from '../ledger/index.ts'
import { acceptQuote, planParts } from './accept-quote.ts'
import { currentRate, openPairs } from './current-rate.ts'
import { quoteConversion } from './quote-conversion.ts'
import type { RateSource } from './rate-source.ts'
import { FINANCE, HOSPITAL, type Lab, OPERATOR, OTHER, OTHER_FINANCE, openTreasury } from './test-treasury.ts'

/** Sources whose word a test changes. */
function sayers() {
  const prices: Record<string, string | undefined> = {}
  const make = (name: string): RateSource => ({
    name,
    read: async () =>
      prices[name] === undefined ? [] : [{ pair: 'BTT-CNY', price: prices[name], observedAtMs: lab.clock.now() }],
  })
  return { prices, sources: ['file-a', 'file-b', 'file-c'].map(make) }
}

let lab: Lab
let said: ReturnType<typeof sayers>
beforeEach(async () => {
  said = sayers()
  lab = await openTreasury({ rateSources: said.sources })
  await lab.fund(HOSPITAL, 100_000n)
  await lab.hear()
})
afterEach(() => lab.close())

const sell = (amount: bigint, actor = FINANCE, side: 'sell-base' | 'sell-quote' = 'sell-base') =>
  quoteConversion(lab.room, actor, { pair: 'BTT-CNY', side, sell: amount })
const codeOf = async (act: Promise<unknown>) =>
  act.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  )
const rateState = async () => {
  const [pair] = openPairs(lab.room)
  return pair && (await currentRate(lab.room, pair)).decision.state
}

describe('a conversion', () => {
  test('gives exactly what was quoted, once, and both sides of it stay in balance', async () => {
    const quote = await sell(100_000_000n)
    // 100 BTT less 0.2 % at 0.50 CNY less half a per cent: 49.6505, cut to cents.
    expect({ fee: quote.fee, buy: quote.buy, sample: quote.sample }).toEqual({
      fee: 200_000n,
      buy: 4_965n,
      sample: true,
    })
    const deskBefore = await lab.has('network:desk', 'BTT', 'treasury')
    const twice = await Promise.all([
      acceptQuote(lab.room, FINANCE, quote.id),
      acceptQuote(lab.room, FINANCE, quote.id),
    ])
    await acceptQuote(lab.room, FINANCE, quote.id)
    expect(twice.map(({ state }) => state)).toContain('converted')
    expect(await lab.has(HOSPITAL, 'BTT')).toEqual({ posted: 4_000_000_000n - 100_000_000n, held: 0n })
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 4_965n, held: 0n })
    expect(await lab.has('network', 'BTT', 'fee')).toEqual({ posted: 200_000n, held: 0n })
    const desk = await lab.has('network:desk', 'BTT', 'treasury')
    expect(desk.posted - deskBefore.posted).toBe(99_800_000n)
    expect(await lab.has('network:desk', 'CNY', 'treasury')).toEqual({ posted: 100_000_000n - 4_965n, held: 0n })
    expect(await lab.balanced()).toBe(true)
    expect(await lab.checks.run()).toEqual([])
  })

  test('larger than either shard takes from both, and adds up exactly', async () => {
    const quote = await sell(3_333_333_333n)
    const done = await acceptQuote(lab.room, FINANCE, quote.id)
    expect(done.state).toBe('converted')
    const btt = await lab.ledger.balance(HOSPITAL, 'BTT')
    expect(btt?.posted).toBe(4_000_000_000n - 3_333_333_333n)
    const cny = await lab.ledger.balance(HOSPITAL, 'CNY')
    expect(cny?.posted).toBe(quote.buy)
    expect(cny?.shards.every(({ posted }) => posted > 0n)).toBe(true)
    expect(await lab.balanced()).toBe(true)
  })

  test('of all that an owner has leaves nothing behind, on either shard', async () => {
    const quote = await sell(4_000_000_000n)
    expect((await acceptQuote(lab.room, FINANCE, quote.id)).state).toBe('converted')
    expect(await lab.has(HOSPITAL, 'BTT')).toEqual({ posted: 0n, held: 0n })
  })

  test('accepted by more at once than there are connections is made once, and leaves none of them waiting', async () => {
    const quote = await sell(100_000_000n)
    const many = await Promise.all(Array.from({ length: 24 }, () => acceptQuote(lab.room, FINANCE, quote.id)))
    expect(many.map(({ state }) => state)).toContain('converted')
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 4_965n, held: 0n })
    expect(await lab.balanced()).toBe(true)
  })

  test('that one shard refuses is given up whole: nothing moves and nothing stays set aside', async () => {
    const quote = await sell(3_000_000_000n)
    // The money of one shard is spent between the quote and its acceptance, behind the plan's back.
    const plan = (room: Lab['room']) => acceptQuote(room, FINANCE, quote.id)
    const [first] = await lab.ledger.ensureAccounts(HOSPITAL, 'BTT', 'holder')
    const [away] = await lab.ledger.ensureAccounts(OTHER, 'BTT', 'holder')
    let spent = false
    const submit: Lab['ledger']['submit'] = async (chain) => {
      if (!spent && chain[0]?.code === 'conversion-hold') {
        spent = true
        await lab.ledger.submit([
          {
            ...{ id: '01890000-0000-7000-8000-00000000000a', debit: first as bigint, credit: away as bigint },
            ...{ amount: 1_900_000_000n, code: 'own-move' as const },
          },
        ])
      }
      return lab.ledger.submit(chain)
    }
    const done = await plan({ ...lab.room, ledger: { ...lab.ledger, submit } })
    expect(done).toMatchObject({ state: 'refused', problem: 'ledger.insufficient-funds' })
    expect(await lab.has(HOSPITAL, 'BTT')).toEqual({ posted: 4_000_000_000n - 1_900_000_000n, held: 0n })
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 0n, held: 0n })
    expect((await lab.has('network:desk', 'CNY', 'treasury')).held).toBe(0n)
    expect(await lab.balanced()).toBe(true)
  })

  test('whose outcome the ledger does not tell is unknown, and is carried on with, once', async () => {
    const quote = await sell(100_000_000n)
    let cut = true
    const submit: Lab['ledger']['submit'] = async (chain) => {
      const outcomes = await lab.ledger.submit(chain)
      // Booked, and the answer is lost.
      if (!cut) return outcomes
      return outcomes.map(({ id }) => ({ status: 'unknown', id, error: new Error('cut') as never }))
    }
    const taken = await acceptQuote({ ...lab.room, ledger: { ...lab.ledger, submit } }, FINANCE, quote.id)
    expect(taken.state).toBe('accepted')
    cut = false
    await lab.resume()
    expect((await acceptQuote(lab.room, FINANCE, quote.id)).state).toBe('converted')
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 4_965n, held: 0n })
    expect(await lab.has(HOSPITAL, 'BTT')).toEqual({ posted: 3_900_000_000n, held: 0n })
  })

  test('is frozen with the account, and says so', async () => {
    const quote = await sell(3_000_000_000n)
    const account = accountIdOf({ owner: HOSPITAL, asset: 'BTT', kind: 'holder', shard: 1 })
    await lab.ledger.freeze({ shard: 1, account }, true)
    const done = await acceptQuote(lab.room, FINANCE, quote.id)
    expect(done).toMatchObject({ state: 'refused', problem: expect.stringContaining('frozen') })
    expect((await lab.has(HOSPITAL, 'BTT')).held).toBe(0n)
  })
})

describe('a quote is refused', () => {
  test('for somebody without the role, another organisation, and a pair that no rule opens', async () => {
    expect(await codeOf(sell(1_000_000n, { ...FINANCE, roles: ['author'] }))).toBe('http.forbidden')
    const quote = await sell(1_000_000n)
    expect(await codeOf(acceptQuote(lab.room, OTHER_FINANCE, quote.id))).toBe('http.not-found')
    const order = { pair: 'CNY-BTT', side: 'sell-base', sell: 1n } as const
    expect(await codeOf(quoteConversion(lab.room, FINANCE, order))).toBe('treasury.no-pair')
  })

  test('when it buys nothing, when the money is not there, and when it has expired', async () => {
    expect(await codeOf(sell(1n))).toBe('treasury.too-small')
    expect(await codeOf(sell(4_000_000_001n))).toBe('treasury.insufficient-funds')
    const quote = await sell(1_000_000n)
    await lab.clock.advance(60_000)
    await lab.hear()
    expect(await codeOf(acceptQuote(lab.room, FINANCE, quote.id))).toBe('treasury.quote-expired')
  })

  test('over each of the limits, which two acceptances at once cannot share', async () => {
    await lab.agree({ kind: 'parameter', name: 'treasury.cap-order-fen', value: '40000' })
    expect(await codeOf(sell(1_000_000_000n))).toBe('treasury.over-cap')
    await lab.agree({ kind: 'parameter', name: 'treasury.cap-owner-day-fen', value: '60000' })
    const quotes = []
    for (let n = 0; n < 8; n++) quotes.push(await sell(700_000_000n))
    const codes = await Promise.all(quotes.map(({ id }) => codeOf(acceptQuote(lab.room, FINANCE, id))))
    expect(codes.sort()).toEqual(['done', ...Array.from({ length: 7 }, () => 'treasury.over-cap')])
    await lab.clock.advance(86_400_001)
    await lab.hear()
    expect(await codeOf(sell(700_000_000n))).toBe('done')
  })

  test('where the desk does not have it', async () => {
    expect(
      planParts({ sell: 5n, fee: 0n, net: 5n, buy: 5n }, [{ shard: 0, available: 9n }], [{ shard: 0, available: 4n }]),
    ).toEqual({ short: 'desk' })
  })

  test('in profile cn, where no pair exists at all', async () => {
    const cn = await openTreasury({ profile: 'cn' })
    const order = { pair: 'BTT-CNY', side: 'sell-base', sell: 1n } as const
    expect(openPairs(cn.room)).toEqual([])
    expect(await codeOf(quoteConversion(cn.room, FINANCE, order))).toBe('treasury.no-pair')
    await cn.close()
  })
})

describe('the rate behind it', () => {
  test('grown old stops quotes and acceptances, and starts again when somebody speaks', async () => {
    const quote = await sell(1_000_000n)
    await lab.agree({ kind: 'parameter', name: 'treasury.quote-ttl-ms', value: '3600000' })
    const long = await sell(1_000_000n)
    // No quote outlives its rate.
    expect(Number(long.expiresAt) - lab.clock.now()).toBe(300_000)
    await lab.clock.advance(300_001)
    expect(await rateState()).toBe('stale')
    expect(await codeOf(sell(1_000_000n))).toBe('treasury.rate-stopped')
    expect(await codeOf(acceptQuote(lab.room, FINANCE, quote.id))).toBe('treasury.quote-expired')
    await lab.hear()
    expect(await rateState()).toBe('ok')
  })

  test('absurd at one source is left out; absurd at most of them stops the pair until two people let it pass', async () => {
    Object.assign(said.prices, { 'file-a': '0.5', 'file-b': '50000' })
    await lab.hear()
    expect(await rateState()).toBe('ok')
    Object.assign(said.prices, { 'file-a': '0.9', 'file-b': '0.9', 'file-c': '0.9' })
    await lab.hear()
    expect(await rateState()).toBe('jump')
    expect(await codeOf(sell(1_000_000n))).toBe('treasury.rate-stopped')
    const before = (await lab.room.db.worker`SELECT 1 FROM treasury.rates`).count
    await lab.agree({ kind: 'let-jump-pass', pair: 'BTT-CNY', price: '0.9' })
    expect(await rateState()).toBe('ok')
    expect((await lab.room.db.worker`SELECT 1 FROM treasury.rates`).count).toBe(before + 1)
    const quote = await sell(100_000_000n)
    expect(quote.buy).toBe(8_937n)
  })

  test('is never set by one person', async () => {
    const { propose, decide } = await import('./propose.ts')
    const body = { kind: 'manual-rate', pair: 'BTT-CNY', price: '0.51', validMs: 3_600_000 } as const
    const made = await propose(lab.room, OPERATOR, { body, reason: 'it is so', requestKey: 'key-one-person' })
    expect(await codeOf(decide(lab.room, OPERATOR, { proposalId: made.id, approve: true }))).toBe(
      'treasury.needs-second-person',
    )
    const alone = lab.room.db.worker`
      UPDATE treasury.proposals SET state = 'approved', decided_by = proposed_by, decided_at = 1 WHERE id = ${made.id}`
    await expect(alone).rejects.toMatchObject({ code: '23514' })
    expect((await lab.agree(body)).state).toBe('done')
  })

  test('stops when the clock is set back before what was heard', async () => {
    const back = { ...lab.room, clock: { ...lab.clock, now: () => lab.clock.now() - 3_600_000 } }
    const order = { pair: 'BTT-CNY', side: 'sell-base', sell: 1_000_000n } as const
    expect(await codeOf(quoteConversion(back, FINANCE, order))).toBe('treasury.rate-stopped')
  })
})
