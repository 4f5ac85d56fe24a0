import type { WalletEntry } from '@bithive/api/wallet'
import type { Locale } from '@bithive/kernel/errors'

/** Excel reads a file as UTF-8 only when it begins with this. */
export const BOM = '\uFEFF'

const NUMBER = /^-?\d+(\.\d+)?$/
/** What a spreadsheet takes for a formula, in half and full width, and the controls that lead to one. */
const FORMULA = /^[\t\r\n ]*[=+\-@＝＋－＠|%]/

/** One cell by RFC 4180. What would run as a formula is shown as text; a plain number stays a number. */
export function csvCell(value: string): string {
  const safe = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`

const HEADERS: Readonly<Record<Locale, readonly string[]>> = {
  zh: [
    '时间',
    '资产',
    '变动',
    '余额',
    '可用变动',
    '冻结',
    '事由',
    '事由代码',
    '对方',
    '任务',
    '程序',
    '关联',
    '转账编号',
    '账户',
    '分片',
  ],
  en: [
    ...['time', 'asset', 'effect', 'balance', 'available effect', 'held', 'what', 'code', 'counterparty', 'job'],
    ...['workload', 'reference', 'transfer', 'account', 'shard'],
  ],
}

export const csvHeader = (locale: Locale): string => csvLine(HEADERS[locale])

/** One entry: time in UTC by ISO 8601, amounts with all decimals and a plain minus. */
export function csvEntry(entry: WalletEntry, locale: Locale): string {
  const { counterparty, story } = entry
  return csvLine([
    new Date(entry.at).toISOString(),
    entry.asset,
    entry.effect,
    entry.balanceAfter,
    entry.availableEffect,
    entry.held ?? '',
    entry.title[locale],
    entry.code ?? '',
    (counterparty?.name ?? counterparty?.kind)?.[locale] ?? '',
    story?.jobId ?? '',
    story ? `${story.workload}@${story.version}` : '',
    entry.reference ?? '',
    entry.id,
    entry.account.kind,
    String(entry.account.shard),
  ])
}
