import { describe, expect, test } from 'vitest'
import { explainEntry, type Known } from './explain-entry.ts'
import type { WalkedEntry } from './walk-entries.ts'

const JOB = 'job_01kb7q4m8e0000000000000000'
const PAYER = 'org_payer'
const OWNER = 'org_owner'
const AUTHOR = 'org_author'

const party = (name: string, kind: string) => ({ name: { zh: name, en: name }, kind, sample: false })

const known = (readerOrgId: string): Known => ({
  readerOrgId,
  jobs: new Map([
    [
      JOB,
      {
        ...{ jobId: JOB, workload: 'imaging.ct', version: '1.0.0', title: { zh: '肺', en: 'Lung' }, state: 'settled' },
        ...{ stateText: { zh: '已结算', en: 'Settled' }, payerOrgId: PAYER, orderedAt: 5, nodeOwnerOrgId: OWNER },
        ...{ nodeName: 'home-1', authorOrgId: AUTHOR },
        parts: [
          { part: 'base-pay', orgId: OWNER, amount: '1.530000' },
          { part: 'royalty', orgId: AUTHOR, amount: '0.180000' },
          { part: 'fee', orgId: 'network', amount: '0.090000' },
        ],
      },
    ],
  ]),
  parties: new Map([
    [PAYER, party('Qinghe Hospital', 'general-hospital')],
    [OWNER, party('Lin Xiao at home', 'individual')],
    [AUTHOR, party('Morningstar', 'research-institute')],
  ]),
  codeTexts: { 'base-pay': { zh: '算力报酬', en: 'Base pay' }, royalty: { zh: '版税', en: 'Royalty' } },
})

const entry = (given: Partial<WalkedEntry>): WalkedEntry => ({
  ...{
    shard: 0,
    seq: 1n,
    id: 'id',
    account: 1n,
    kind: 'holder',
    asset: 'BTT',
    scale: 6,
    direction: 'in',
    step: 'move',
  },
  ...{ amount: 1_530_000n, pendingId: undefined, pendingAmount: undefined, code: 'base-pay', reference: JOB, atMs: 9 },
  ...{ postedAfter: 0n, effect: 1_530_000n, availableEffect: 1_530_000n, balanceAfter: 7_000_000n, internal: false },
  ...given,
})
const capture = entry({
  ...{ direction: 'out', step: 'post', code: 'capture', amount: 1_800_000n, pendingAmount: 100_000_000n },
  ...{ effect: -1_800_000n, availableEffect: 98_200_000n },
})

describe('an entry of the books in words', () => {
  test('tells the payer the whole story: what was held, paid to whom by name, and came back', () => {
    const shown = explainEntry(known(PAYER), capture)
    expect(shown).toMatchObject({ effect: '-1.800000', held: '100.000000', released: '98.200000' })
    expect(shown.story).toMatchObject({ held: '100.000000', paid: '1.800000', released: '98.200000', own: true })
    expect(shown.story?.parts?.map(({ to, amount }) => [(to.name ?? to.kind).en, amount])).toEqual([
      ['Lin Xiao at home', '1.530000'],
      ['Morningstar', '0.180000'],
      ['The network', '0.090000'],
    ])
    expect(shown.counterparty?.kind.en).toBe('Lin Xiao at home, Morningstar, The network')
  })

  test.each([
    ['the owner of the node', OWNER, 'base-pay'],
    ['the author of the model', AUTHOR, 'royalty'],
  ] as const)(
    'tells %s what kind of organisation paid, never which, and nothing of the other parts',
    (_, reader, code) => {
      const shown = explainEntry(known(reader), entry({ code }))
      expect(shown.counterparty).toEqual({ kind: { zh: '一家医院', en: 'A hospital' } })
      expect(shown.story?.parts).toBeUndefined()
      expect(JSON.stringify(shown)).not.toMatch(/Qinghe|org_payer/)
      // The machine's name is its owner's matter.
      expect(JSON.stringify(shown).includes('home-1')).toBe(reader === OWNER)
      expect(JSON.stringify(shown)).not.toContain(reader === OWNER ? 'Morningstar' : 'Lin Xiao')
    },
  )

  test('calls a hospital that pays its own workstation its own account', () => {
    const own = known(PAYER)
    const job = own.jobs.get(JOB)
    const jobs = new Map([[JOB, { ...(job as NonNullable<typeof job>), nodeOwnerOrgId: PAYER }]])
    expect(explainEntry({ ...own, jobs }, entry({})).counterparty?.kind.en).toBe('Own account')
  })

  test('says of a hold only that it is set aside, and of its release that all of it is free again', () => {
    const hold = entry({ direction: 'out', step: 'hold', code: 'hold', amount: 5n, effect: 0n, availableEffect: -5n })
    const release = entry({
      ...{
        direction: 'out',
        step: 'void',
        code: 'release',
        amount: 0n,
        pendingAmount: 5n,
        effect: 0n,
        availableEffect: 5n,
      },
    })
    expect(explainEntry(known(PAYER), hold)).toMatchObject({ effect: '0.000000', availableEffect: '-0.000005' })
    expect(explainEntry(known(PAYER), release)).toMatchObject({
      ...{ effect: '0.000000', availableEffect: '0.000005', released: '0.000005', title: { en: 'Hold released' } },
    })
  })
})
