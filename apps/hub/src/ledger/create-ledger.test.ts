import { createManualClock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NETWORK, SHARDS, shardOf, shardOfAccount } from './account-id.ts'
import { isPayout, TRANSFER_CODES, type TransferCode, transferCodeOf } from './codes.ts'
import { requireBooked } from './read-result.ts'
import { type Lab, openLab } from './test-ledger.ts'
import type { TransferOutcome } from './transfer.ts'

const clock = createManualClock(1_800_000_000_000)
let lab: Lab
beforeAll(async () => {
  lab = await openLab({ clock })
})
afterAll(() => lab.db.drop())

/** The outcomes as words: `done`, `exists` or the code of the refusal. */
const words = (outcomes: readonly TransferOutcome[]) =>
  outcomes.map((one) => ('error' in one ? one.error.code : one.status))

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error) => (isDomainError(error) ? error.code : String(error)),
  )

/** A job from hold to capture on the payer's shard 0: who earns what, as the compute room books it. */
async function captureJob(payer: string, hold: bigint, parts: { base: bigint; royalty: bigint; fee: bigint }) {
  const { ledger, account, uuid } = lab
  await ledger.ensureAccounts('org_node', 'CNY', 'holder')
  await ledger.ensureAccounts('org_author', 'CNY', 'royalty')
  const escrow = account(NETWORK, 'escrow')
  const legs = { debit: account(payer), credit: escrow, reference: 'job_1' }
  const holdId = uuid()
  const held = await ledger.submit([{ ...legs, id: holdId, amount: hold, code: 'hold', step: 'hold' }])
  const total = parts.base + parts.royalty + parts.fee
  const chain = [
    { ...legs, id: uuid(), amount: total, code: 'capture', step: 'post', pendingId: holdId },
    { id: uuid(), debit: escrow, credit: account('org_node'), amount: parts.base, code: 'base-pay' },
    { id: uuid(), debit: escrow, credit: account('org_author', 'royalty'), amount: parts.royalty, code: 'royalty' },
    { id: uuid(), debit: escrow, credit: account(NETWORK, 'fee'), amount: parts.fee, code: 'fee' },
  ] as const
  return { held, holdId, legs, chain }
}

describe('accounts', () => {
  test('an account tells its shard, and every reference is drawn to one shard for good', () => {
    for (const shard of SHARDS) expect(shardOfAccount(lab.account('org_x', 'holder', shard))).toBe(shard)
    const drawn = Array.from({ length: 1000 }, (_, index) => shardOf(`job_${index}`))
    expect(drawn).toEqual(Array.from({ length: 1000 }, (_, index) => shardOf(`job_${index}`)))
    const onFirst = drawn.filter((shard) => shard === 0).length
    expect(onFirst).toBeGreaterThan(430)
    expect(onFirst).toBeLessThan(570)
  })

  test('opening an account twice opens it once, and an unknown asset is refused', async () => {
    const [first, again] = [
      await lab.ledger.ensureAccounts('org_twice', 'CNY', 'holder'),
      await lab.ledger.ensureAccounts('org_twice', 'CNY', 'holder'),
    ]
    expect(again).toEqual(first)
    expect(new Set(first).size).toBe(SHARDS.length)
    expect(await codeOf(lab.ledger.ensureAccounts('org_twice', 'GOLD', 'holder'))).toBe('ledger.asset-unknown')
  })

  test('an asset keeps its scale and its rule', async () => {
    await lab.ledger.defineAsset({ code: 'CNY', scale: 2, closed: false })
    expect(await codeOf(lab.ledger.defineAsset({ code: 'CNY', scale: 3, closed: false }))).toBe('ledger.asset-conflict')
    expect(await codeOf(lab.ledger.defineAsset({ code: 'CNY', scale: 2, closed: true }))).toBe('ledger.asset-conflict')
  })

  test('only the network owns fee, treasury, clearing, supply and pool accounts', async () => {
    for (const kind of ['fee', 'treasury', 'clearing', 'supply', 'pool'] as const) {
      expect(await codeOf(lab.ledger.ensureAccounts('org_sly', 'CNY', kind))).toContain('do not fit')
    }
  })

  test('an empty account closes, one with money or a hold does not, and a closed one takes nothing', async () => {
    const { ledger, account, move } = lab
    await lab.fund('org_closing', 100n)
    const place = { shard: 0, account: account('org_closing') }
    expect(await codeOf(ledger.closeAccount(place))).toBe('ledger.not-empty')
    requireBooked(await ledger.submit([move({ debit: place.account, credit: account(NETWORK, 'treasury') })]))
    await ledger.closeAccount(place)
    const back = move({ debit: account(NETWORK, 'treasury'), credit: place.account })
    expect(words(await ledger.submit([back]))).toEqual(['ledger.closed'])
    const nowhere = { shard: 0, account: account('org_nowhere') }
    expect(await codeOf(ledger.closeAccount(nowhere))).toBe('ledger.no-account')
  })

  test('a frozen account moves nothing, but a hold on it can still be given back', async () => {
    const { ledger, account, move, uuid } = lab
    await lab.fund('org_frozen', 1000n)
    const legs = { debit: account('org_frozen'), credit: account(NETWORK, 'escrow') }
    const holdId = uuid()
    requireBooked(await ledger.submit([{ ...legs, id: holdId, amount: 400n, code: 'hold', step: 'hold' }]))
    await ledger.freeze({ shard: 0, account: legs.debit }, true)
    const post = { ...legs, id: uuid(), amount: 400n, code: 'capture', step: 'post', pendingId: holdId } as const
    expect(words(await ledger.submit([move(legs)]))).toEqual(['ledger.frozen'])
    expect(words(await ledger.submit([post]))).toEqual(['ledger.frozen'])
    const release = { ...legs, id: uuid(), amount: 0n, code: 'release', step: 'void', pendingId: holdId } as const
    expect(words(await ledger.submit([release]))).toEqual(['done'])
    await ledger.freeze({ shard: 0, account: legs.debit }, false)
    expect(words(await ledger.submit([move(legs)]))).toEqual(['done'])
  })
})

describe('transfers', () => {
  test('a hold becomes base pay, royalty and fee in one chain, and the rest of it is free again', async () => {
    await lab.fund('org_payer', 10_000n)
    const job = await captureJob('org_payer', 1000n, { base: 700n, royalty: 80n, fee: 20n })
    expect(words(job.held)).toEqual(['done'])
    const during = await lab.ledger.balance('org_payer', 'CNY')
    expect(during).toMatchObject({ posted: 20_000n, pendingOut: 1000n, available: 19_000n })
    expect(words(await lab.ledger.submit(job.chain))).toEqual(['done', 'done', 'done', 'done'])
    expect(words(await lab.ledger.submit(job.chain))).toEqual(['exists', 'exists', 'exists', 'exists'])
    const after = await lab.ledger.balance('org_payer', 'CNY')
    expect(after).toMatchObject({ posted: 19_200n, pendingOut: 0n, available: 19_200n })
    expect(after?.shards.map((one) => one.posted)).toEqual([9200n, 10_000n])
    expect((await lab.ledger.balance('org_node', 'CNY'))?.posted).toBe(700n)
    expect((await lab.ledger.balance('org_author', 'CNY', 'royalty'))?.posted).toBe(80n)
    expect(await lab.ledger.transfer({ shard: 0, id: job.holdId })).toMatchObject({
      transfer: { amount: 1000n, step: 'hold', code: 'hold', reference: 'job_1' },
      ended: 'post',
    })
  })

  test('a hold ends once: posted or voided, never both, never more than it holds', async () => {
    const { ledger, uuid } = lab
    await lab.fund('org_once', 10_000n)
    const { holdId, legs } = await captureJob('org_once', 500n, { base: 1n, royalty: 1n, fee: 1n })
    const end = (step: 'post' | 'void', amount: bigint) =>
      ({ ...legs, id: uuid(), step, amount, pendingId: holdId, code: step === 'post' ? 'capture' : 'release' }) as const
    expect(words(await ledger.submit([end('post', 501n)]))).toEqual(['ledger.over-post'])
    const both = await Promise.all([ledger.submit([end('void', 0n)]), ledger.submit([end('post', 500n)])])
    expect(both.flatMap(words)).toEqual(['done', 'ledger.already-voided'])
    const job = await captureJob('org_once', 500n, { base: 1n, royalty: 1n, fee: 1n })
    requireBooked(await ledger.submit(job.chain))
    const late = { ...end('void', 0n), pendingId: job.holdId }
    expect(words(await ledger.submit([late]))).toEqual(['ledger.already-posted'])
    expect(words(await ledger.submit([{ ...late, id: uuid(), pendingId: uuid() }]))).toEqual(['ledger.hold-unknown'])
  })

  test('the same id with other fields is a conflict and changes nothing', async () => {
    const { ledger, account, move } = lab
    await lab.fund('org_conflict', 1000n)
    const first = move({ debit: account('org_conflict'), credit: account(NETWORK, 'treasury'), reference: 'a' })
    requireBooked(await ledger.submit([first]))
    const others = [
      { ...first, amount: 101n },
      { ...first, reference: 'b' },
      { ...first, code: 'fee' as const },
      { ...first, credit: account(NETWORK, 'fee') },
      { ...first, step: 'hold' as const },
      { ...first, step: 'hold' as const, timeoutMs: 5 },
    ]
    for (const other of others) expect(words(await ledger.submit([other]))).toEqual(['ledger.conflict'])
    expect(words(await ledger.submit([first]))).toEqual(['exists'])
    expect((await ledger.balance('org_conflict', 'CNY'))?.posted).toBe(1900n)
  })

  test('without funds nothing of the chain is booked, and the error says which asset and how much is missing', async () => {
    const { ledger, account, move } = lab
    await lab.fund('org_poor', 150n)
    const legs = { debit: account('org_poor'), credit: account(NETWORK, 'treasury') }
    const outcomes = await ledger.submit([move(legs), move(legs), move(legs)])
    expect(words(outcomes)).toEqual(['ledger.chain-failed', 'ledger.insufficient-funds', 'ledger.chain-failed'])
    const refused = outcomes[1]
    expect(refused?.status === 'refused' && refused.error.facts).toMatchObject({ asset: 'CNY', shortfall: '0.50' })
    expect(() => requireBooked(outcomes)).toThrow('ledger.insufficient-funds')
    expect((await ledger.balance('org_poor', 'CNY'))?.posted).toBe(300n)
  })

  test('a chain over two shards is refused before anything is booked', async () => {
    const { ledger, account, move } = lab
    await lab.fund('org_cross', 1000n)
    const here = move({ debit: account('org_cross'), credit: account(NETWORK, 'treasury') })
    const there = move({ debit: account('org_cross', 'holder', 1), credit: account(NETWORK, 'treasury', 1) })
    const across = move({ debit: account('org_cross'), credit: account(NETWORK, 'treasury', 1) })
    expect(await codeOf(ledger.submit([here, there]))).toBe('ledger.cross-shard')
    expect(await codeOf(ledger.submit([across]))).toBe('ledger.cross-shard')
    expect((await ledger.balance('org_cross', 'CNY'))?.posted).toBe(2000n)
  })

  test('what cannot be right is refused with its place and field', async () => {
    const { ledger, account, move, uuid } = lab
    const legs = { debit: account('org_payer'), credit: account(NETWORK, 'treasury') }
    const good = move(legs)
    const wrong: [object, string][] = [
      [{ id: 'not-a-uuid' }, 'id'],
      [{ amount: 0n }, 'amount'],
      [{ amount: -1n }, 'amount'],
      [{ amount: 2n ** 63n }, 'amount'],
      [{ amount: 1 }, 'amount'],
      [{ credit: good.debit }, 'credit'],
      [{ debit: -1n }, 'debit'],
      [{ code: 'gift' }, 'code'],
      [{ step: 'later' }, 'step'],
      [{ step: 'post' }, 'pendingId'],
      [{ pendingId: uuid() }, 'pendingId'],
      [{ timeoutMs: 5 }, 'timeoutMs'],
      [{ step: 'hold', timeoutMs: 0.5 }, 'timeoutMs'],
      [{ reference: 'x'.repeat(201) }, 'reference'],
      [{ reference: 'a\0b' }, 'reference'],
    ]
    for (const [fields, field] of wrong) {
      const error = await ledger.submit([move(legs), { ...move(legs), ...fields } as typeof good]).catch((e) => e)
      expect(error, field).toMatchObject({ code: 'ledger.bad-transfer', facts: { field, index: 1 } })
    }
    expect(await codeOf(ledger.submit([]))).toBe('ledger.bad-transfer')
    expect(await codeOf(ledger.submit([good, good]))).toBe('ledger.bad-transfer')
    const many = Array.from({ length: 101 }, () => move(legs))
    expect(await codeOf(ledger.submit(many))).toBe('ledger.bad-transfer')
  })

  test('a hold past its time is voided once, by whichever hub comes first, and cannot be posted any more', async () => {
    const { ledger, account, uuid } = lab
    await lab.fund('org_slow', 1000n)
    const legs = { debit: account('org_slow'), credit: account(NETWORK, 'escrow') }
    const hold = (timeoutMs: number) =>
      ({ ...legs, id: uuid(), amount: 100n, code: 'hold', step: 'hold', timeoutMs }) as const
    const [short, long] = [hold(1000), hold(60_000)]
    requireBooked(await ledger.submit([short, long]))
    expect(await ledger.expireHolds()).toBe(0)
    await clock.advance(1000)
    const post = { ...legs, id: uuid(), amount: 100n, code: 'capture', step: 'post', pendingId: short.id } as const
    expect(words(await ledger.submit([post]))).toEqual(['ledger.hold-expired'])
    const voided = await Promise.all([ledger.expireHolds(), lab.another().expireHolds()])
    expect(voided.reduce((a, b) => a + b)).toBe(1)
    expect(await ledger.transfer({ shard: 0, id: short.id })).toMatchObject({ ended: 'void' })
    expect(await ledger.transfer({ shard: 0, id: long.id })).toMatchObject({ ended: undefined })
    expect((await ledger.balance('org_slow', 'CNY'))?.pendingOut).toBe(100n)
  })
})

describe('a closed asset', () => {
  test('is issued, held, spent back to the network, and never moves between two owners by any road', async () => {
    const { ledger, account, move, uuid } = lab
    await ledger.defineAsset({ code: 'CREDIT', scale: 0, closed: true })
    for (const kind of ['supply', 'escrow', 'treasury'] as const) await ledger.ensureAccounts(NETWORK, 'CREDIT', kind)
    await ledger.ensureAccounts('network:gz', 'CREDIT', 'pool')
    await ledger.ensureAccounts('org_b', 'CREDIT', 'holder')
    await ledger.ensureAccounts('org_a', 'CREDIT', 'escrow')
    await lab.fund('org_a', 1000n, 'CREDIT')
    const of = (owner: string, kind: 'holder' | 'escrow' | 'treasury' | 'supply' | 'pool' = 'holder') =>
      account(owner, kind, 0, 'CREDIT')
    const to = async (debit: bigint, credit: bigint, step: 'move' | 'hold' = 'move') =>
      words(await ledger.submit([move({ debit, credit, step, amount: 10n })]))[0]

    expect(await to(of('org_a'), of('org_b'))).toBe('ledger.asset-closed')
    expect(await to(of('org_a'), of('org_b'), 'hold')).toBe('ledger.asset-closed')
    expect(await to(of('org_a'), of('org_a', 'escrow'))).toBe('done')
    expect(await to(of('org_a', 'escrow'), of('org_b'))).toBe('ledger.asset-closed')
    expect(await to(of('org_a', 'escrow'), of('org_a'))).toBe('done')
    for (const kind of ['escrow', 'treasury'] as const) {
      expect(await to(of('org_a'), of(NETWORK, kind))).toBe('done')
      expect(await to(of(NETWORK, kind), of('org_b'))).toBe('ledger.asset-closed')
      expect(await to(of(NETWORK, kind), of('org_a'))).toBe('ledger.asset-closed')
      expect(await to(of(NETWORK, kind), of(NETWORK, 'supply'))).toBe('done')
    }
    expect(await to(of('org_a'), of('network:gz', 'pool'))).toBe('done')
    expect(await to(of('network:gz', 'pool'), of('org_b'))).toBe('ledger.asset-closed')
    expect(await to(of(NETWORK, 'supply'), of('org_b'))).toBe('done')

    const legs = { debit: of('org_a'), credit: of(NETWORK, 'treasury') }
    const holdId = uuid()
    const spent = await ledger.submit([
      { ...legs, id: holdId, amount: 50n, code: 'hold', step: 'hold' },
      { ...legs, id: uuid(), amount: 20n, code: 'capture', step: 'post', pendingId: holdId },
    ])
    expect(words(spent)).toEqual(['done', 'done'])
    expect(await ledger.balance('org_b', 'CREDIT')).toMatchObject({ posted: 10n })
  })
})

describe('reading', () => {
  test('history reads every entry once, newest first, over both shards and pages of any size', async () => {
    const { ledger, account, move } = lab
    await lab.fund('org_reader', 100_000n)
    await ledger.ensureAccounts('org_reader', 'CNY', 'escrow')
    for (let index = 0; index < 12; index++) {
      const shard = index % 2
      const credit = index % 3 === 0 ? account('org_reader', 'escrow', shard) : account(NETWORK, 'fee', shard)
      await clock.advance(1)
      const transfer = move({ debit: account('org_reader', 'holder', shard), credit, reference: `job_${index}` })
      requireBooked(await ledger.submit([transfer]))
    }
    const whole = (await ledger.history({ owner: 'org_reader', limit: 200 })).entries
    // 2 fundings, 12 moves, and the other side of the 4 that went to the reader's own escrow.
    expect(whole).toHaveLength(18)
    expect(whole.every((one, index) => index === 0 || one.atMs <= (whole[index - 1]?.atMs ?? 0))).toBe(true)
    for (const limit of [1, 2, 3, 5, 17]) {
      const seen = []
      let after: string | undefined
      do {
        const page = await ledger.history({ owner: 'org_reader', limit, ...(after === undefined ? {} : { after }) })
        seen.push(...page.entries)
        after = page.next
      } while (after !== undefined)
      expect(seen, `pages of ${limit}`).toEqual(whole)
    }
    expect(whole.at(-1)).toMatchObject({ direction: 'in', code: 'sample-funding', postedAfter: 100_000n })
    const ofAsset = await ledger.history({ owner: 'org_reader', asset: 'CREDIT' })
    expect(ofAsset.entries).toEqual([])
    expect(await codeOf(ledger.history({ owner: 'org_reader', after: 'x' }))).toBe('ledger.bad-cursor')
    expect(await codeOf(ledger.history({ owner: 'org_reader', after: '1.2.3' }))).toBe('ledger.bad-cursor')
  })

  test('the feed gives what was booked in order and without gaps, and a booking wakes its readers', async () => {
    const { ledger, account, move } = lab
    const woken: bigint[] = []
    const stop = ledger.onCommit(({ shard, lastSeq }) => {
      if (shard === 0) woken.push(lastSeq)
    })
    const legs = { debit: account('org_reader'), credit: account(NETWORK, 'fee') }
    const chain = [move({ ...legs, reference: 'job_feed' }), move(legs)]
    const booked = requireBooked(await ledger.submit(chain))
    stop()
    requireBooked(await ledger.submit([move(legs)]))
    expect(woken).toEqual([booked[1]?.seq])
    let after = 0n
    const seen: bigint[] = []
    for (;;) {
      const page = await ledger.feed({ shard: 0, after, limit: 7 })
      if (page.length === 0) break
      seen.push(...page.map((transfer) => transfer.seq))
      after = seen.at(-1) as bigint
    }
    expect(seen).toEqual(seen.map((_, index) => BigInt(index + 1)))
    const [first, second] = await ledger.feed({ shard: 0, after: (booked[0]?.seq ?? 0n) - 1n, limit: 2 })
    expect(first).toMatchObject({ id: chain[0]?.id, linked: true, reference: 'job_feed', code: 'own-move' })
    expect(second).toMatchObject({ id: chain[1]?.id, linked: false, reference: undefined })
  })

  test('every code has its own number and both texts, and the payouts are those from 200 to 299', () => {
    const codes = Object.keys(TRANSFER_CODES) as TransferCode[]
    expect(new Set(codes.map((code) => TRANSFER_CODES[code].number)).size).toBe(codes.length)
    for (const code of codes) {
      expect(transferCodeOf(TRANSFER_CODES[code].number)).toBe(code)
      expect(TRANSFER_CODES[code].zh).toMatch(/\p{Script=Han}/u)
      expect(TRANSFER_CODES[code].en).toMatch(/^[A-Z]/)
    }
    expect(codes.filter(isPayout)).toContain('base-pay')
    expect(isPayout('release')).toBe(false)
  })

  test('after all of this the books balance to the last unit', async () => {
    const trial = await lab.ledger.trialBalance()
    expect(trial.balanced).toBe(true)
    expect(trial.lines.map((line) => `${line.asset} ${line.shard}`)).toEqual(['CNY 0', 'CNY 1', 'CREDIT 0', 'CREDIT 1'])
    expect(await lab.ledger.checkBooks()).toEqual([])
  })
})
