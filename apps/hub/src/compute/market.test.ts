import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AUTHOR, HOSPITAL, type Market, market } from './test-market.ts'

describe('a job from order to money', () => {
  let m: Market
  beforeAll(async () => {
    m = await market()
  })
  afterAll(() => m.close())

  test('is placed, computed, checked and paid by the shares of the card, and the rest of the hold comes back', async () => {
    await m.node('home-1')
    const before = await m.balances()
    const { jobId } = await m.order({ maxPrice: '12.00' })
    const settled = await m.finish(jobId)
    // 10 reference seconds at 0.5 CNY: 5.00 CNY, 10 BTT at the sample rate; the hold was for 12.00 CNY, 24 BTT.
    expect(settled).toMatchObject({
      state: 'settled',
      attempt: 1,
      priceQuoted: '5.00',
      money: [
        { part: 'base-pay', toOrgId: 'org_home', toName: 'org_home', asset: 'BTT', amount: '8.500000' },
        { part: 'royalty', toOrgId: AUTHOR, toName: AUTHOR, asset: 'BTT', amount: '1.000000' },
        { part: 'fee', toOrgId: 'network', asset: 'BTT', amount: '0.500000' },
        { part: 'refund', toOrgId: HOSPITAL, toName: HOSPITAL, asset: 'BTT', amount: '14.000000' },
      ],
    })
    expect(await m.balances()).toEqual({
      ...before,
      hospital: { posted: before.hospital.posted - 10_000_000n, held: 0n },
      home: { posted: 8_500_000n, held: 0n },
      author: 1_000_000n,
      fee: 500_000n,
      escrow: 0n,
      balanced: true,
    })
    expect(m.nodes.get('home-1')?.received.map((message) => message.type)).toEqual(['offer', 'start', 'settled'])
    expect(m.nodes.get('home-1')?.received.at(-1)).toMatchObject({ jobId, asset: 'BTT', amount: '8.500000' })
  })
})
