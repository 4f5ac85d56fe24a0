import { describe, expect, test } from 'vitest'
import { Activity, createRules, readRules } from './rules.ts'

const noon = Date.UTC(2026, 10, 22, 12)

describe('rules', () => {
  test('profile sample opens exactly the sample activities', async () => {
    const rules = await readRules('sample')
    expect(rules.sample).toBe(true)
    const open = Activity.options.filter((activity) => rules.allows(activity, noon).ok)
    expect(open).toEqual([
      ...['settle-in-ledger-token', 'issue-sample-funding', 'quote-at-sample-rate', 'conversion', 'bank-funding'],
      ...['money-supply', 'supporter-grants'],
    ])
    expect(rules.conversionPairs.map(({ sample, source }) => ({ sample, source }))).toEqual([
      { sample: true, source: expect.stringContaining('sample') },
    ])
  })

  test('profile cn opens no chain, token, custody, conversion, asset or exchange', async () => {
    const rules = await readRules('cn')
    const open = Activity.options.filter((activity) => rules.allows(activity, noon).ok)
    expect(open).toEqual(['issue-sample-funding', 'closed-credits', 'bank-funding'])
    expect(rules.conversionPairs).toEqual([])
    expect(rules.settlementAsset).toBe('CNY')
  })

  test('a rule opens on its first day, shuts after its last, and nothing is open without one', async () => {
    const base = await readRules('cn')
    const rules = createRules({
      ...base,
      opens: [{ activity: 'chain', from: '2026-11-22', to: '2026-11-22', source: 'test' }],
    })
    const day = 86_400_000
    expect(rules.allows('chain', noon - day)).toEqual({ ok: false, reason: 'rules.chain' })
    expect(rules.allows('chain', noon)).toEqual({ ok: true })
    expect(rules.allows('chain', noon + day).ok).toBe(false)
    expect(() => rules.mustAllow('exchange', noon)).toThrow('rules.shut')
  })

  test('an unknown jurisdiction is refused by name', async () => {
    await expect(readRules('atlantis')).rejects.toMatchObject({ code: 'rules.no-rules' })
  })
})
