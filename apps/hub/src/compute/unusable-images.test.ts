import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Market, market, until } from './test-market.ts'

let m: Market
beforeEach(async () => {
  m = await market()
})
afterEach(() => m.close())

const refusals = async (jobId: string) => {
  const rows = await m.db.worker`
    SELECT epoch FROM compute.leases WHERE job_id = ${jobId} AND end_reason = 'input-refused'`
  return rows.length
}

describe('images that no node can use', () => {
  const unusable = { behaviour: { start: 'fail', failCode: 'workloads.scout' } } as const
  const leasedAs = (jobId: string, attempt: number) =>
    until(`lease ${attempt}`, async () => {
      const job = await m.view(jobId)
      return job.state === 'leased' && job.attempt === attempt
    })

  test('end the job with the reason once nodes of two owners agree, and the hospital has its money back', async () => {
    const before = await m.balances()
    await m.node('a', unusable)
    await m.node('b', { ...unusable, orgId: 'org_centre' })
    await m.node('c-dearer', { floorPrice: '0.60' })
    const { jobId } = await m.order()
    for (const attempt of [1, 2]) {
      await leasedAs(jobId, attempt)
      await m.stage(jobId)
    }
    expect(await m.untilState(jobId, 'failed')).toMatchObject({ problem: 'workloads.scout', attempt: 2 })
    await until('the refund', async () => (await m.balances()).hospital.held === 0n)
    expect(await m.balances()).toEqual({ ...before, escrow: 0n })
  })

  test('are not taken from one owner alone, however many nodes it has: another owner computes and is paid', async () => {
    await m.node('a', unusable)
    await m.node('b', unusable)
    const { jobId } = await m.order()
    for (const attempt of [1, 2]) {
      await leasedAs(jobId, attempt)
      await m.stage(jobId)
    }
    await until('both to have refused', async () => (await refusals(jobId)) === 2)
    await m.node('c', { orgId: 'org_centre' })
    await leasedAs(jobId, 3)
    await m.finish(jobId)
    const { home, centre, escrow, balanced } = await m.balances()
    expect({ home: home.posted, paid: centre.posted > 0n, escrow, balanced }).toEqual({
      ...{ home: 0n, paid: true, escrow: 0n, balanced: true },
    })
  })
})
