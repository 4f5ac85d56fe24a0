import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { computeQuote, shareOut } from './compute-quote.ts'
import { decideRate, type Observation } from './decide-rate.ts'
import { createFileRateSource } from './file-rate-source.ts'
import { createHttpRateSource } from './http-rate-source.ts'
import type { RateSource } from './rate-source.ts'
import { compareRatios, distanceBps, type Ratio, ratioOf, readPrice, writePrice } from './ratio.ts'

const NOW = 1_800_000_000_000
const policy = { quorum: 2, maxAgeMs: 60_000, outlierBps: 500n, jumpBps: 2_000n }
const says = (source: string, num: bigint, ageMs = 0): Observation => ({
  source,
  ratio: { num, den: 1_000n },
  observedAtMs: NOW - ageMs,
  receivedAtMs: NOW - ageMs,
})

describe('the rate of a pair', () => {
  test('is the median of those that agree, and one that a source stated', () => {
    const decision = decideRate([says('a', 100n), says('b', 101n), says('c', 103n)], policy, undefined, NOW)
    expect(decision).toMatchObject({ state: 'ok', ratio: { num: 101n }, used: ['a', 'b', 'c'], leftOut: [] })
  })

  test('leaves out what is old, what lies far off and what comes from the future, and says so', () => {
    const heard = [says('a', 100n), says('b', 101n), says('far', 500n), says('old', 100n, 60_001)]
    const early = { ...says('early', 100n), observedAtMs: NOW + 120_000 }
    expect(decideRate([...heard, early], policy, undefined, NOW)).toMatchObject({
      ...{ state: 'ok', used: ['a', 'b'] },
      leftOut: [
        { source: 'old', reason: 'stale' },
        { source: 'early', reason: 'future' },
        { source: 'far', reason: 'outlier' },
      ],
    })
  })

  test.each([
    ['nobody says anything', [], undefined, 'none'],
    ['one alone speaks and two are asked for', [says('a', 100n)], undefined, 'no-quorum'],
    ['two contradict each other', [says('a', 100n), says('b', 200n)], undefined, 'no-quorum'],
    ['all have grown old', [says('a', 100n, 70_000), says('b', 100n, 70_000)], undefined, 'stale'],
    ['one has grown old and the other is too few', [says('a', 100n), says('b', 100n, 70_000)], undefined, 'stale'],
    ['it moved more than it may', [says('a', 130n), says('b', 130n)], ratioOf(100n, 1_000n), 'jump'],
    ['it fell more than it may', [says('a', 70n), says('b', 70n)], ratioOf(100n, 1_000n), 'jump'],
    ['the clock stands before what was heard', [says('a', 100n, -120_000), says('b', 100n)], undefined, 'clock'],
  ] as const)('stops when %s', (_, heard, last, state) => {
    expect(decideRate(heard, policy, last as Ratio | undefined, NOW).state).toBe(state)
  })

  test('what two people say holds for as long as they said, however old', () => {
    const manual = { ...says('a', 100n, 3_600_000), validUntilMs: NOW + 1_000 }
    const one = { ...policy, quorum: 1 }
    expect(decideRate([manual], one, undefined, NOW)).toMatchObject({ state: 'ok', expiresAtMs: NOW + 1_000 })
    expect(decideRate([manual], one, undefined, NOW + 1_001).state).toBe('stale')
  })

  test('agrees with a twin that sorts fractions and takes the lower middle', () => {
    const heard = fc.array(fc.bigInt(1n, 10_000n), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(heard, (prices) => {
        const wide = { quorum: 1, maxAgeMs: 1, outlierBps: 1_000_000_000n, jumpBps: 1n }
        const observations = prices.map((price, index) => says(`s${index}`, price))
        const sorted = prices.map(Number).sort((a, b) => a - b)
        const twin = sorted[Math.ceil(sorted.length / 2) - 1]
        expect(decideRate(observations, wide, undefined, NOW).ratio?.num).toBe(BigInt(twin as number))
      }),
      { verbose: true },
    )
  })
})

describe('ratios', () => {
  const scale = { base: 6, quote: 2 }
  test('a price is read exactly and written back', () => {
    expect(readPrice('0.5', scale)).toEqual({ num: 1n, den: 20_000n })
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 12n - 1n), fc.integer({ min: 0, max: 8 }), (digits, decimals) => {
        const padded = digits.toString().padStart(decimals + 1, '0')
        const whole = padded.slice(0, padded.length - decimals)
        const price = decimals === 0 ? whole : `${whole}.${padded.slice(-decimals)}`
        const plain = price.includes('.') ? price.replace(/0+$/, '').replace(/\.$/, '') : price
        expect(writePrice(readPrice(price, scale), scale)).toBe(plain)
      }),
    )
  })

  test.each(['0', '0.000', '-1', '1e5', '1,5', '', '.5', '1.123456789', '1234567890123', 'NaN'])(
    'refuse «%s»',
    (price) => {
      expect(() => readPrice(price, scale)).toThrow('treasury.bad-rate')
    },
  )

  test('a distance is 0 only for equal ratios and never rounds below a bound', () => {
    const ratio = fc.tuple(fc.bigInt(1n, 10n ** 9n), fc.bigInt(1n, 10n ** 9n)).map(([n, d]) => ratioOf(n, d))
    fc.assert(
      fc.property(ratio, ratio, (a, b) => {
        const bps = distanceBps(a, b)
        expect(bps === 0n).toBe(compareRatios(a, b) === 0)
        const gap = a.num * b.den - b.num * a.den
        expect(bps * b.num * a.den >= (gap < 0n ? -gap : gap) * 10_000n).toBe(true)
      }),
    )
  })
})

const bps = fc.bigInt(0n, 9_999n)
const anyRatio = fc.tuple(fc.bigInt(1n, 10n ** 12n), fc.bigInt(1n, 10n ** 12n)).map(([n, d]) => ratioOf(n, d))

describe('a quote', () => {
  test('never gives more than the exact rate, and loses less than one unit to rounding', () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 15n),
        anyRatio,
        bps,
        bps,
        fc.boolean(),
        (sell, ratio, spreadBps, feeBps, base) => {
          const side = base ? 'sell-base' : 'sell-quote'
          const { fee, net, buy } = computeQuote(sell, { ratio, side, spreadBps, feeBps })
          expect(fee + net).toBe(sell)
          expect(fee * 10_000n >= sell * feeBps && (fee - 1n) * 10_000n < sell * feeBps).toBe(true)
          const [num, den] = base ? [ratio.num, ratio.den] : [ratio.den, ratio.num]
          const exact = net * num * (10_000n - spreadBps)
          expect(buy * den * 10_000n <= exact && exact < (buy + 1n) * den * 10_000n).toBe(true)
        },
      ),
    )
  })

  test('there and back never makes money, whatever the rate and the fees', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 12n), anyRatio, bps, bps, (sell, ratio, spreadBps, feeBps) => {
        const there = computeQuote(sell, { ratio, side: 'sell-base', spreadBps, feeBps })
        if (there.buy === 0n) return
        const back = computeQuote(there.buy, { ratio, side: 'sell-quote', spreadBps, feeBps })
        expect(back.buy <= sell).toBe(true)
      }),
    )
  })

  test('shared out over shards, every figure adds up to the whole', () => {
    const parts = fc.array(fc.bigInt(1n, 10n ** 12n), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(parts, anyRatio, bps, (sells, ratio, feeBps) => {
        const sell = sells.reduce((sum, one) => sum + one, 0n)
        const figures = computeQuote(sell, { ratio, side: 'sell-base', spreadBps: 50n, feeBps })
        const shared = shareOut(
          figures,
          sells.map((one, shard) => ({ shard, sell: one })),
        )
        const sum = (pick: (part: (typeof shared)[number]) => bigint) =>
          shared.reduce((so, part) => so + pick(part), 0n)
        expect([sum((p) => p.sell), sum((p) => p.fee), sum((p) => p.buy)]).toEqual([sell, figures.fee, figures.buy])
        expect(shared.every((part) => part.fee >= 0n && part.buy >= 0n && part.fee <= part.sell)).toBe(true)
      }),
    )
  })
})

const DOCUMENT = {
  schema: 'bithive.rates.v1',
  observedAt: '2026-11-23T08:00:00Z',
  rates: [{ pair: 'BTT-CNY', price: '0.5' }],
}
const SPOKEN = [{ pair: 'BTT-CNY', price: '0.5', observedAtMs: Date.parse('2026-11-23T08:00:00Z') }]

/** What a source makes of a document: the same for every way in which it may come. */
const sources: Readonly<
  Record<string, () => Promise<{ source: RateSource; hold: (text: string) => void; end: () => void }>>
> = {
  file: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'bithive-rates-'))
    const path = join(directory, 'file-a.json')
    return {
      source: createFileRateSource({ name: 'file-a', path }),
      hold: (text) => writeFileSync(path, text),
      end: () => rmSync(directory, { recursive: true }),
    }
  },
  http: async () => {
    let held = ''
    const server = createServer((_, answer) => {
      if (held === 'redirect') answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
      else answer.end(held)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    return {
      source: createHttpRateSource({ name: 'http-a', url: `http://127.0.0.1:${port}/rates` }),
      hold: (text) => {
        held = text
      },
      end: () => {
        server.closeAllConnections()
        server.close()
      },
    }
  },
}

describe.each(Object.keys(sources))('a source behind a %s', (kind) => {
  let at: Awaited<ReturnType<(typeof sources)[string]>>
  beforeAll(async () => {
    at = await (sources[kind] as (typeof sources)[string])()
  })
  afterAll(() => at.end())
  const { signal } = new AbortController()

  test('says what its document says', async () => {
    at.hold(JSON.stringify(DOCUMENT))
    expect(await at.source.read(signal)).toEqual(SPOKEN)
  })

  test.each([
    ['nothing that is JSON', '<html>'],
    ['another schema', JSON.stringify({ ...DOCUMENT, schema: 'x' })],
    ['more than is documented', JSON.stringify({ ...DOCUMENT, more: 1 })],
    ['a pair twice', JSON.stringify({ ...DOCUMENT, rates: [DOCUMENT.rates[0], DOCUMENT.rates[0]] })],
    ['a price that is a number', JSON.stringify({ ...DOCUMENT, rates: [{ pair: 'BTT-CNY', price: 0.5 }] })],
    ['no time', JSON.stringify({ ...DOCUMENT, observedAt: 'yesterday' })],
    ['far too much', JSON.stringify({ ...DOCUMENT, filler: 'x'.repeat(70_000) })],
  ])('refuses %s', async (_, text) => {
    at.hold(text)
    await expect(at.source.read(signal)).rejects.toMatchObject({ code: 'treasury.bad-rate' })
  })
})

describe('an HTTP source', () => {
  test('follows no redirection and is asked without TLS on this machine only', async () => {
    const at = await (sources.http as (typeof sources)[string])()
    at.hold('redirect')
    await expect(at.source.read(new AbortController().signal)).rejects.toThrow()
    at.end()
    expect(() => createHttpRateSource({ name: 'a', url: 'http://rates.example.org/' })).toThrow('treasury.bad-rate')
    expect(() => createHttpRateSource({ name: 'a', url: 'file:///etc/passwd' })).toThrow('treasury.bad-rate')
  })
})
