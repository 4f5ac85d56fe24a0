import { WalletBalances, type WalletEntry, WalletPage, WalletStatement } from '@bithive/api/wallet'
import { systemClock } from '@bithive/kernel/clock'
import type { Locale } from '@bithive/kernel/errors'
import type { Command, Noun, Values } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { connectTo } from './command/service-client.ts'
import { formatTable } from './command/table.ts'

const WORDS = {
  zh: {
    balance: ['资产', '可用', '已冻结', '待入账', '账面'],
    entries: ['时间', '变动', '余额', '资产', '事由', '对方', '关联'],
    opening: '期初余额',
    closing: '期末余额',
    in: '收入合计',
    out: '支出合计',
  },
  en: {
    balance: ['asset', 'available', 'held', 'incoming', 'posted'],
    entries: ['time', 'effect', 'balance', 'asset', 'what', 'counterparty', 'reference'],
    opening: 'opening balance',
    closing: 'closing balance',
    in: 'total in',
    out: 'total out',
  },
} as const

const balance: Command = {
  usage: '',
  about: { zh: '查看余额', en: 'Show balances' },
  run: async ({ env }) => {
    const hub = await connectTo('hub', dataDirectoryOf(env))
    const { at, balances } = WalletBalances.parse(await hub.get('/hub/v1/wallet/balances'))
    return {
      data: { at, balances },
      text: (locale) =>
        formatTable(
          WORDS[locale].balance,
          balances.map((one) => [one.asset, one.available, one.held, one.incoming, one.posted]),
          [1, 2, 3, 4],
        ),
    }
  },
}

/** A signed amount with the minus of the design, and a plus where money came in; nothing moved has no sign. */
function signed(amount: string): string {
  if (amount.startsWith('-')) return amount.replace('-', '−')
  return /[1-9]/.test(amount) ? `+${amount}` : amount
}

/** What only sets aside or frees moves nothing in the books, so it says what it did to what can be spent. */
function effectOf({ effect, availableEffect, internal }: WalletEntry): string {
  const moved = /[1-9]/.test(effect) || internal || !/[1-9]/.test(availableEffect)
  return moved ? signed(effect) : `(${signed(availableEffect)})`
}

function entryTable(entries: readonly WalletEntry[], locale: Locale): string {
  const rows = entries.map((one) => [
    `${new Date(one.at).toISOString().slice(0, 19).replace('T', ' ')} Z`,
    effectOf(one),
    one.balanceAfter,
    one.asset,
    one.title[locale],
    (one.counterparty?.name ?? one.counterparty?.kind)?.[locale] ?? '',
    one.reference ?? '',
  ])
  return formatTable(WORDS[locale].entries, rows, [1, 2])
}

/** Adds an option of the command to a query when it was given. */
function put(query: URLSearchParams, values: Values, option: string, name = option): void {
  const value = values[option]
  if (typeof value === 'string') query.set(name, value)
}

function instant(values: Values, option: 'from' | 'until'): string | undefined {
  const value = values[option]
  if (typeof value !== 'string') return undefined
  const at = Date.parse(value)
  if (!Number.isFinite(at) || at < 0) throw commandErrors.error('usage', { option: `--${option}` })
  return String(at)
}

const history: Command = {
  usage:
    '[--asset A] [--direction in|out] [--code C] [--from TIME] [--until TIME] [--text T] [--after CURSOR] [--limit N]',
  about: { zh: '查看收支明细', en: 'Show entries' },
  options: {
    asset: { type: 'string' },
    direction: { type: 'string' },
    code: { type: 'string' },
    from: { type: 'string' },
    until: { type: 'string' },
    text: { type: 'string' },
    after: { type: 'string' },
    limit: { type: 'string' },
  },
  run: async ({ values, env }) => {
    const query = new URLSearchParams()
    for (const option of ['asset', 'direction', 'code', 'text', 'after']) put(query, values, option)
    for (const option of ['from', 'until'] as const) {
      const at = instant(values, option)
      if (at !== undefined) query.set(option, at)
    }
    query.set('limit', String(values.limit ?? '50'))
    const hub = await connectTo('hub', dataDirectoryOf(env))
    const { codes: _, ...page } = WalletPage.parse(await hub.get(`/hub/v1/wallet/entries?${query}`))
    return { data: page, text: (locale) => entryTable(page.entries, locale) }
  },
}

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/

const statement: Command = {
  usage: '[--month 2026-11] [--asset A] [--zone Asia/Shanghai]',
  about: { zh: '某月对账单：期初、明细、期末', en: 'The statement of a month: opening, entries, closing' },
  options: { month: { type: 'string' }, asset: { type: 'string' }, zone: { type: 'string' } },
  run: async ({ values, env }) => {
    const month = String(values.month ?? new Date(systemClock.now()).toISOString().slice(0, 7))
    if (!MONTH.test(month)) throw commandErrors.error('usage', { option: '--month' })
    const hub = await connectTo('hub', dataDirectoryOf(env))
    const asset =
      values.asset ?? WalletBalances.parse(await hub.get('/hub/v1/wallet/balances')).balances[0]?.asset ?? 'BTT'
    const zone = String(values.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC')
    const query = new URLSearchParams({ asset: String(asset), month, zone })
    const made = WalletStatement.parse(await hub.get(`/hub/v1/wallet/statement?${query}`))
    return {
      data: made,
      text: (locale) => {
        const words = WORDS[locale]
        const line = (word: string, amount: string) => `${word}: ${amount} ${made.asset}`
        return [
          line(words.opening, made.opening),
          entryTable(made.entries, locale),
          line(words.in, made.totals.in),
          line(words.out, made.totals.out),
          line(words.closing, made.closing),
        ].join('\n')
      },
    }
  },
}

export const wallet: Noun = { about: { zh: '钱包', en: 'Wallet' }, verbs: { balance, history, statement } }
