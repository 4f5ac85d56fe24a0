import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf, lastDays, monthRange, writeDay } from './calendar.ts'

const ZONES = [
  'UTC',
  'Asia/Shanghai',
  'Asia/Hong_Kong',
  'Europe/Berlin',
  'America/St_Johns',
  'Pacific/Apia',
  'Africa/Cairo',
]
const instant = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2099, 0, 1) })

describe('the calendar of a zone', () => {
  test('begins a day at midnight where the person lives', () => {
    const shanghai = calendarOf('Asia/Shanghai')
    expect(shanghai.startOf({ year: 2026, month: 11, day: 23 })).toBe(Date.UTC(2026, 10, 22, 16))
    expect(writeDay(shanghai.dayOf(Date.UTC(2026, 10, 22, 16)))).toBe('2026-11-23')
    expect(writeDay(shanghai.dayOf(Date.UTC(2026, 10, 22, 16) - 1))).toBe('2026-11-22')
  })

  test('knows months of different lengths, and a year that ends', () => {
    const utc = calendarOf('UTC')
    expect(monthRange(utc, '2028-02')).toEqual({ from: Date.UTC(2028, 1, 1), until: Date.UTC(2028, 2, 1) })
    expect(monthRange(utc, '2026-12')).toEqual({ from: Date.UTC(2026, 11, 1), until: Date.UTC(2027, 0, 1) })
  })

  test('gives a day of 23 hours where clocks go forward, and the first instant where they skip midnight', () => {
    const berlin = calendarOf('Europe/Berlin')
    const [from, until] = [29, 30].map((day) => berlin.startOf({ year: 2026, month: 3, day })) as [number, number]
    expect(until - from).toBe(23 * 3_600_000)
    // In Cairo, clocks went from 23:59:59 on 27 April 2023 to 01:00 on the 28th.
    const cairo = calendarOf('Africa/Cairo')
    const start = cairo.startOf({ year: 2023, month: 4, day: 28 })
    expect([writeDay(cairo.dayOf(start)), writeDay(cairo.dayOf(start - 1))]).toEqual(['2023-04-28', '2023-04-27'])
  })

  test('refuses a zone that nobody knows', () => {
    expect(() => calendarOf('Mars/Olympus')).toThrow('calendar.unknown-zone')
  })

  test('puts every instant into exactly one of the days around it', () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...ZONES), (at, zone) => {
        const calendar = calendarOf(zone)
        const days = lastDays(calendar, at, 3)
        const inside = days.filter(({ from, until }) => from <= at && at < until)
        expect(inside.map(({ day }) => day)).toEqual([writeDay(calendar.dayOf(at))])
        expect(days.map(({ until }) => until).slice(0, 2)).toEqual(days.map(({ from }) => from).slice(1))
      }),
      { numRuns: 200 },
    )
  })
})
