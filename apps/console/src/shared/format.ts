import type { Locale } from './locale.ts'

/** No figure is known: never a 0. */
export const NONE = '—'
const MINUS = '−'

export type MoneyParts = {
  /** '+', '−' or ''. */
  readonly sign: string
  /** Currency sign before the figure, with none for units. */
  readonly prefix: string
  readonly whole: string
  /** With its dot; '' when there are none. */
  readonly decimals: string
  /** Unit after the figure. */
  readonly unit: string
}

const CURRENCY_SIGNS: Readonly<Record<string, string>> = { CNY: '¥', HKD: 'HK$', USD: 'US$', EUR: '€' }
const POINTS = new Set(['POINTS', 'CREDIT', 'CREDITS'])

const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+$)/g, ',')

/** Two decimals, cut and never rounded up; a small amount that two decimals would hide shows all it has. */
function shownDecimals(whole: string, fraction: string): string {
  const two = fraction.padEnd(2, '0').slice(0, 2)
  const hidden = /^0*$/.test(whole) && two === '00' && /[1-9]/.test(fraction)
  return hidden ? fraction.replace(/0+$/, '') : two
}

/**
 * An amount by the design's rules. `amount` is a decimal string as the ledger gives it; `exact` shows every decimal
 * it has, for ledgers and receipts.
 */
export function moneyParts(
  amount: string,
  asset: string,
  locale: Locale,
  options: { readonly sign?: boolean; readonly exact?: boolean } = {},
): MoneyParts | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount)
  if (!match) return undefined
  const [, negative = '', digits = '0', fraction = ''] = match
  const points = POINTS.has(asset)
  const whole = digits.replace(/^0+(?=\d)/, '')
  const decimals = options.exact ? fraction : points ? '' : shownDecimals(whole, fraction)
  const isZero = /^0*$/.test(digits) && /^0*$/.test(fraction)
  const prefix = CURRENCY_SIGNS[asset] ?? ''
  return {
    sign: negative && !isZero ? MINUS : options.sign && !isZero ? '+' : '',
    prefix,
    whole: grouped(whole),
    decimals: decimals === '' ? '' : `.${decimals}`,
    unit: prefix ? '' : points ? (locale === 'zh' ? '分' : 'points') : asset,
  }
}

/** The same as one line of text: for titles, tables as CSV and sentences. */
export function formatMoney(
  amount: string,
  asset: string,
  locale: Locale,
  options: { readonly sign?: boolean; readonly exact?: boolean } = {},
): string {
  const parts = moneyParts(amount, asset, locale, options)
  if (!parts) return NONE
  const figure = `${parts.sign}${parts.prefix}${parts.whole}${parts.decimals}`
  return parts.unit ? `${figure} ${parts.unit}` : figure
}

const DIGITS = '零一二三四五六七八九'

/** A whole number below 10^16 as it is read aloud in Chinese. */
function chineseNumber(digits: string): string {
  const value = digits.replace(/^0+(?=\d)/, '')
  if (value.length > 16) return value
  const groups: string[] = []
  for (let end = value.length; end > 0; end -= 4) groups.unshift(value.slice(Math.max(0, end - 4), end))
  let said = ''
  let gap = false
  groups.forEach((group, index) => {
    let part = ''
    ;[...group].forEach((digit, at) => {
      if (digit === '0') {
        gap = true
        return
      }
      if (gap && (said || part)) part += '零'
      gap = false
      part += DIGITS[Number(digit)] + (['', '十', '百', '千'][group.length - 1 - at] ?? '')
    })
    if (part) said += part + (['', '万', '亿', '万亿'][groups.length - 1 - index] ?? '')
  })
  return said.replace(/^一十/, '十') || '零'
}

/** What a screen reader says: «减二百四十八元三角», "minus 248.30 CNY". */
export function spokenMoney(amount: string, asset: string, locale: Locale): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount)
  if (!match) return locale === 'zh' ? '未知' : 'unknown'
  const [, negative, whole = '0', fraction = ''] = match
  if (locale === 'zh' && asset === 'CNY') {
    const [tenths = 0, cents = 0] = [...fraction.padEnd(2, '0')].map(Number)
    const small = `${tenths ? `${DIGITS[tenths]}角` : cents ? '零' : ''}${cents ? `${DIGITS[cents]}分` : ''}`
    return `${negative ? '减' : ''}${chineseNumber(whole)}元${small}`
  }
  const trimmed = fraction.replace(/0+$/, '')
  const figure = trimmed ? `${whole}.${trimmed}` : whole
  const unit = POINTS.has(asset) ? (locale === 'zh' ? '分' : 'points') : asset
  return `${negative ? (locale === 'zh' ? '减 ' : 'minus ') : ''}${figure} ${unit}`
}

const two = (value: number) => String(value).padStart(2, '0')
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Today 14:32, 22 Nov 14:32, 22 Nov 2026 14:32: as much as tells it apart from now, in the reader's zone. */
export function formatTime(at: number, locale: Locale, today: number): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return NONE
  const present = new Date(today)
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()]
  const thisYear = year === present.getFullYear()
  if (thisYear && month === present.getMonth() && day === present.getDate()) {
    return locale === 'zh' ? `今天 ${clock}` : `today ${clock}`
  }
  if (locale === 'zh') return `${thisYear ? '' : `${year}-`}${two(month + 1)}-${two(day)} ${clock}`
  return `${day} ${MONTHS[month]}${thisYear ? '' : ` ${year}`} ${clock}`
}

/** The whole time with its zone: for hover, focus, logs and CSV. */
export function formatExactTime(at: number): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return NONE
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
  const local = new Date(at + offset * 60_000).toISOString().slice(0, 19)
  return `${local}${zone}`
}

type Step = readonly [ms: number, zh: string, en: string]
const STEPS: readonly Step[] = [
  [86_400_000, '天', 'd'],
  [3_600_000, '小时', 'h'],
  [60_000, '分', 'min'],
  [1_000, '秒', 's'],
]

/** 2 d 9 h, 6 min 2 s, 450 ms: the two largest units. */
export function formatDuration(ms: number, locale: Locale): string {
  if (!Number.isFinite(ms)) return NONE
  if (ms < 1_000) return locale === 'zh' ? `${Math.max(0, Math.round(ms))} 毫秒` : `${Math.max(0, Math.round(ms))} ms`
  let rest = ms
  const said: string[] = []
  for (const [size, zh, en] of STEPS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 && said.length < 2) said.push(`${count} ${locale === 'zh' ? zh : en}`)
    else if (said.length > 0) break
  }
  return said.join(' ')
}

/** 3 s ago, or 2 d 9 h left. */
export function formatRelative(at: number, locale: Locale, present: number): string {
  const away = Math.abs(present - at)
  if (away < 1_000) return locale === 'zh' ? '刚刚' : 'just now'
  const long = formatDuration(away, locale)
  if (at <= present) return locale === 'zh' ? `${long}前` : `${long} ago`
  return locale === 'zh' ? `还剩 ${long}` : `${long} left`
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Decimal units, as disks and networks are sold. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return NONE
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000
    unit += 1
  }
  const text = unit === 0 || value >= 99.5 ? String(Math.round(value)) : String(Math.round(value * 10) / 10)
  return `${text} ${SIZES[unit]}`
}

/** 3,480 in both languages. */
export function formatCount(count: number): string {
  return Number.isFinite(count)
    ? grouped(String(Math.trunc(Math.abs(count)))).replace(/^/, count < 0 ? MINUS : '')
    : NONE
}

/** 58% from 0.58; `decimals` for shares of votes. */
export function formatPercent(share: number, decimals = 0): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(decimals)}%`.replace('-', MINUS) : NONE
}

/** First and last four of a hash; what is short stays whole. */
export function shortHash(hash: string): string {
  return hash.length > 12 ? `${hash.slice(0, 4)}…${hash.slice(-4)}` : hash
}

/** Prefix and the eight that tell ids apart: ids begin with the time, so their ends differ. */
export function shortId(id: string): string {
  const [, prefix = '', rest = id] = /^([a-z]{2,5}_)(.+)$/.exec(id) ?? []
  return rest.length > 12 ? `${prefix}${rest.slice(-8)}` : id
}
