import { describe, expect, test } from 'vitest'
import { createSince, databasePart, diskPart, judgeWorkers, reportHealth, workersPart } from './health.ts'
import type { Worker, WorkerReport } from './worker.ts'

const GIB = 2 ** 30
const worker = (report: Partial<WorkerReport>): Worker => ({
  name: 'w',
  run: async () => {},
  report: () => ({ name: 'w', intervalMs: 1_000, failures: 0, ...report }),
})
const stateOf = (report: Partial<WorkerReport>, nowMs: number) => judgeWorkers([worker(report)], nowMs)[0]?.state

describe('a worker', () => {
  test.each([
    ['starting', { startedAt: 0 }, 1_000],
    ['ok', { startedAt: 0, lastSuccessAt: 1_000 }, 2_000],
    ['ok', { lastSuccessAt: 1_000, failures: 2 }, 2_000],
    ['failing', { lastSuccessAt: 1_000, failures: 3 }, 2_000],
    ['ok', { lastSuccessAt: 0 }, 62_000],
    ['late', { lastSuccessAt: 0 }, 62_001],
    ['late', { startedAt: 0 }, 62_001],
  ] as const)('is %s', (state, report, nowMs) => {
    expect(stateOf(report, nowMs)).toBe(state)
  })

  test('that fails makes a fault which names it, with its latest code', () => {
    const bad = worker({ name: 'reports.deliver', failures: 5, lastFailure: { at: 7, code: 'database.gone' } })
    const part = workersPart(judgeWorkers([bad, worker({ lastSuccessAt: 1 })], 10))
    expect(part).toMatchObject({ state: 'fail', lastError: { at: 7, code: 'database.gone' } })
    expect(part.fact.en).toContain('reports.deliver')
  })
})

describe('a report', () => {
  test('says since when a trouble is there, and forgets it when it is over', () => {
    const since = createSince()
    const read = (nowMs: number, freeGib: number) =>
      reportHealth({
        ...{ nowMs, version: '1', startedAt: 0, workers: [], queues: [], since },
        parts: [databasePart(3), diskPart({ freeBytes: freeGib * GIB, totalBytes: 100 * GIB })],
      })
    expect(read(10, 50)).toMatchObject({ state: 'ok', problems: [] })
    expect(read(20, 5)).toMatchObject({ state: 'warn', problems: [{ key: 'disk', severity: 'warn', since: 20 }] })
    expect(read(30, 5).problems[0]?.since).toBe(20)
    expect(read(40, 1)).toMatchObject({ state: 'fail', problems: [{ severity: 'fail', since: 40 }] })
    expect(read(50, 50)).toMatchObject({ state: 'ok', problems: [] })
  })

  test('puts faults before warnings, and gives each something to do', () => {
    const parts = [diskPart({ freeBytes: 5 * GIB, totalBytes: 9 * GIB }), databasePart(undefined)]
    const queues = [{ key: 'q', title: { zh: '队列', en: 'Queue' }, count: 3, state: 'warn' as const }]
    const given = { nowMs: 1, version: '1', startedAt: 0, parts, workers: [], queues, since: createSince() }
    const { problems } = reportHealth(given)
    expect(problems.map(({ key }) => key)).toEqual(['database', 'disk', 'q'])
    expect(problems.every(({ todo }) => todo.zh !== '' && todo.en !== '')).toBe(true)
  })

  test('does not know a disk that cannot be asked', () => {
    expect(diskPart(undefined).state).toBe('unknown')
  })
})
