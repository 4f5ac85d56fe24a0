import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMoney,
  formatPercent,
  formatRelative,
  formatTime,
  moneyParts,
  shortHash,
  shortId,
  spokenMoney,
} from './format.ts'

describe('an amount', () => {
  test.each([
    ['4.860000', 'BTT', {}, '4.86 BTT'],
    ['12.000000', 'BTT', { exact: true }, '12.000000 BTT'],
    ['0.004200', 'BTT', {}, '0.0042 BTT'],
    ['0.000000', 'BTT', {}, '0.00 BTT'],
    ['4.869999', 'BTT', {}, '4.86 BTT'],
    ['-9.000000', 'BTT', {}, '−9.00 BTT'],
    ['8', 'BTT', { sign: true }, '+8.00 BTT'],
    ['-0.00', 'CNY', { sign: true }, '¥0.00'],
    ['1286.4', 'CNY', {}, '¥1,286.40'],
    ['5212.61', 'HKD', {}, 'HK$5,212.61'],
    ['-1234567.891', 'CNY', {}, '−¥1,234,567.89'],
    ['3480', 'POINTS', {}, '3,480 points'],
    ['not a number', 'BTT', {}, '—'],
    ['1e9', 'BTT', {}, '—'],
  ])('%s %s with %j is %s', (amount, asset, options, said) => {
    expect(formatMoney(amount, asset, 'en', options)).toBe(said)
  })

  test('has its points in Chinese too', () => expect(formatMoney('3480', 'POINTS', 'zh')).toBe('3,480 分'))

  test('is never shown as more than it is, and loses less than a cent', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (smallest) => {
        const whole = smallest / 1_000_000n
        const amount = `${whole}.${String(smallest % 1_000_000n).padStart(6, '0')}`
        const parts = moneyParts(amount, 'BTT', 'en')
        const shown = `${parts?.whole.replaceAll(',', '')}${parts?.decimals}`
        const [units = '0', decimals = ''] = shown.split('.')
        const value = BigInt(units) * 1_000_000n + BigInt(decimals.padEnd(6, '0'))
        expect(value <= smallest && smallest - value < 10_000n).toBe(true)
      }),
    )
  })

  test.each([
    ['123.30', 'CNY', 'zh', '一百二十三元三角'],
    ['-248.30', 'CNY', 'zh', '减二百四十八元三角'],
    ['10', 'CNY', 'zh', '十元'],
    ['1006.05', 'CNY', 'zh', '一千零六元零五分'],
    ['100000', 'CNY', 'zh', '十万元'],
    ['20000300', 'CNY', 'zh', '二千万零三百元'],
    ['0', 'CNY', 'zh', '零元'],
    ['-4.860000', 'BTT', 'en', 'minus 4.86 BTT'],
  ] as const)('%s %s is spoken in %s as «%s»', (amount, asset, locale, said) => {
    expect(spokenMoney(amount, asset, locale)).toBe(said)
  })
})

describe('a time', () => {
  const at = (year: number, month: number, day: number) => new Date(year, month - 1, day, 14, 32, 5).getTime()
  const today = new Date(2026, 10, 22, 20, 0, 0).getTime()

  test.each([
    [at(2026, 11, 22), '今天 14:32', 'today 14:32'],
    [at(2026, 11, 2), '11-02 14:32', '2 Nov 14:32'],
    [at(2025, 11, 22), '2025-11-22 14:32', '22 Nov 2025 14:32'],
    [Number.NaN, '—', '—'],
  ])('%d is «%s» and «%s»', (ms, zh, en) => {
    expect([formatTime(ms, 'zh', today), formatTime(ms, 'en', today)]).toEqual([zh, en])
  })

  test.each([
    [3_000, '3 秒前', '3 s ago'],
    [400, '刚刚', 'just now'],
    [-(2 * 86_400_000 + 9 * 3_600_000), '还剩 2 天 9 小时', '2 d 9 h left'],
  ])('%d ms away is «%s» and «%s»', (away, zh, en) => {
    expect([formatRelative(today - away, 'zh', today), formatRelative(today - away, 'en', today)]).toEqual([zh, en])
  })

  test.each([
    [362_000, '6 min 2 s'],
    [450, '450 ms'],
    [86_400_000, '1 d'],
    [3_605_000, '1 h'],
  ])('that took %d ms took %s', (ms, said) => expect(formatDuration(ms, 'en')).toBe(said))
})

test('figures are grouped, and an unknown one is a dash', () => {
  expect([formatCount(3480), formatCount(-12), formatCount(Number.NaN)]).toEqual(['3,480', '−12', '—'])
  expect([formatPercent(0.58), formatPercent(0.0000495, 5), formatPercent(Number.NaN)]).toEqual([
    '58%',
    '0.00495%',
    '—',
  ])
  expect([formatBytes(999), formatBytes(999_600), formatBytes(2_621_440), formatBytes(-1)]).toEqual([
    '999 B',
    '1 MB',
    '2.6 MB',
    '—',
  ])
})

test('what is long is shortened by its ends, which tell it apart', () => {
  expect(shortHash('9f2c00000000000000000000000000000000000000000000000000000000e1a0')).toBe('9f2c…e1a0')
  expect([shortId('job_01m82x8tmd08w3xaj3za2d8crk'), shortId('job_short'), shortId('plain')]).toEqual([
    'job_za2d8crk',
    'job_short',
    'plain',
  ])
})
