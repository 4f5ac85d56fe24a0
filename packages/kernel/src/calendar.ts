import { defineErrors } from './errors.ts'

export const calendarErrors = defineErrors('calendar', {
  'unknown-zone': {
    status: 422,
    retryable: false,
    zh: { title: '不认识这个时区', notDone: '没有读取任何数据。', todo: '请使用 Asia/Shanghai 这样的时区名。' },
    en: {
      title: 'This time zone is not known',
      notDone: 'Nothing was read.',
      todo: 'Name a zone such as Asia/Shanghai.',
    },
  },
})

export type Day = { readonly year: number; readonly month: number; readonly day: number }

/** The calendar of one time zone (IANA tz database, as ICU carries it). Times are milliseconds since the epoch. */
export type Calendar = {
  readonly zone: string
  readonly dayOf: (at: number) => Day
  /**
   * The first instant of the day; where clocks skip midnight, the first one after it. Months and days may lie beyond
   * their range, as in `Date.UTC`: the 0th is the day before the 1st.
   */
  readonly startOf: (day: Day) => number
}

const HOUR = 3_600_000

const asUtc = ({ year, month, day }: Day) => Date.UTC(year, month - 1, day)

/** @throws calendar.unknown-zone */
export function calendarOf(zone: string): Calendar {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    })
  } catch (error) {
    throw calendarErrors.error('unknown-zone', {}, error)
  }
  const dayOf = (at: number): Day => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    return { year: parts.get('year') as number, month: parts.get('month') as number, day: parts.get('day') as number }
  }
  const startOf = (given: Day): number => {
    const midnight = asUtc(given)
    // Zones lie between UTC-12 and UTC+14, so the day begins within this span; its first instant is searched for.
    let [before, from] = [midnight - 15 * HOUR, midnight + 13 * HOUR]
    const reached = (at: number) => asUtc(dayOf(at)) >= midnight
    while (from - before > 1) {
      const middle = Math.floor((before + from) / 2)
      if (reached(middle)) from = middle
      else before = middle
    }
    return from
  }
  return { zone, dayOf, startOf }
}

const two = (n: number) => String(n).padStart(2, '0')
export const writeDay = ({ year, month, day }: Day): string => `${year}-${two(month)}-${two(day)}`

/** The `count` days that end with the one of `at`, oldest first, each with its first and last instant (exclusive). */
export function lastDays(calendar: Calendar, at: number, count: number) {
  const today = calendar.dayOf(at)
  const days = Array.from({ length: count }, (_, index) => ({ ...today, day: today.day - (count - 1 - index) }))
  const starts = [...days, { ...today, day: today.day + 1 }].map(calendar.startOf)
  return days.map((_, index) => {
    const from = starts[index] as number
    return { day: writeDay(calendar.dayOf(from)), from, until: starts[index + 1] as number }
  })
}

/** First instant of the month `2026-11`, and of the one after it. */
export function monthRange(calendar: Calendar, month: string): { readonly from: number; readonly until: number } {
  const [year, number] = month.split('-').map(Number) as [number, number]
  const first = (index: number) => calendar.startOf({ year, month: index, day: 1 })
  return { from: first(number), until: first(number + 1) }
}
