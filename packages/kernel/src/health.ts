import type { Worker, WorkerReport } from './worker.ts'

type Text = { readonly zh: string; readonly en: string }
type State = 'ok' | 'warn' | 'fail' | 'unknown' | 'off'

export type Part = {
  readonly key: string
  readonly title: Text
  readonly state: State
  readonly fact: Text
  readonly lastError?: { readonly code: string; readonly at: number }
  /** What to do when it is not well. */
  readonly todo?: Text
}

export type Queue = {
  readonly key: string
  readonly title: Text
  readonly count: number
  readonly state: State
  readonly todo?: Text
}

export type JudgedWorker = Omit<WorkerReport, 'startedAt' | 'actingSince'> & {
  readonly state: 'ok' | 'late' | 'failing' | 'starting'
}

/** Twice its interval and this is not late yet: acts take time, and a machine may be busy. */
const GRACE_MS = 60_000
/** So many failures one after the other are no accident any more. */
const FAILING = 3

function judgeWorker({ startedAt, actingSince, ...report }: WorkerReport, nowMs: number): JudgedWorker {
  const { failures, intervalMs, lastSuccessAt } = report
  if (failures >= FAILING) return { ...report, state: 'failing' }
  const last = lastSuccessAt ?? actingSince ?? startedAt
  if (last !== undefined && nowMs - last > intervalMs * 2 + GRACE_MS) return { ...report, state: 'late' }
  return { ...report, state: lastSuccessAt === undefined ? 'starting' : 'ok' }
}

export const judgeWorkers = (workers: readonly Worker[], nowMs: number): JudgedWorker[] =>
  workers.flatMap(({ report }) => (report ? [judgeWorker(report(), nowMs)] : []))

/** All workers as one part, which names those that are not well. */
export function workersPart(workers: readonly JudgedWorker[]): Part {
  const failing = workers.filter(({ state }) => state === 'failing')
  const late = workers.filter(({ state }) => state === 'late')
  const names = [...failing, ...late].map(({ name }) => name).join(' ')
  const last = failing.flatMap(({ lastFailure }) => lastFailure ?? []).sort((a, b) => b.at - a.at)[0]
  const well = failing.length + late.length === 0
  return {
    key: 'workers',
    title: { zh: '后台任务', en: 'Background workers' },
    state: failing.length > 0 ? 'fail' : late.length > 0 ? 'warn' : 'ok',
    fact: well
      ? { zh: `${workers.length} 个，都按时`, en: `${workers.length}, all on time` }
      : { zh: `失败或迟到：${names}`, en: `failing or late: ${names}` },
    ...(last ? { lastError: last } : {}),
    ...(well
      ? {}
      : {
          todo: {
            zh: '任务会自动重试。若不恢复，请按错误代码查看日志，必要时重新启动。',
            en: 'They try again by themselves. If they do not recover, look for the code in the log, then restart.',
          },
        }),
  }
}

const MIN_FREE_BYTES = 2 * 2 ** 30
const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1)

export function diskPart(disk: { freeBytes: number; totalBytes: number } | undefined): Part {
  const title = { zh: '磁盘', en: 'Disk' }
  if (!disk) return { key: 'disk', title, state: 'unknown', fact: { zh: '无法得知', en: 'not known' } }
  const { freeBytes, totalBytes } = disk
  const state = freeBytes < MIN_FREE_BYTES ? 'fail' : freeBytes < MIN_FREE_BYTES * 5 ? 'warn' : 'ok'
  const fact = {
    zh: `剩余 ${gib(freeBytes)} GiB，共 ${gib(totalBytes)} GiB`,
    en: `${gib(freeBytes)} GiB free of ${gib(totalBytes)} GiB`,
  }
  const todo = {
    zh: '请腾出空间或扩容；不足 2 GiB 时将停止接收影像。',
    en: 'Free some space or add a disk; below 2 GiB new images are at risk.',
  }
  return { key: 'disk', title, state, fact, ...(state === 'ok' ? {} : { todo }) }
}

export function databasePart(answeredMs: number | undefined, version?: string): Part {
  const title = { zh: '数据库', en: 'Database' }
  if (answeredMs === undefined) {
    const fact = { zh: '连接不上', en: 'not reachable' }
    const todo = { zh: '请检查数据库进程、磁盘与日志。', en: 'Check the database process, the disk and the log.' }
    return { key: 'database', title, state: 'fail', fact, todo }
  }
  const slow = answeredMs > 1_000
  const named = version === undefined ? '' : ` · PostgreSQL ${version}`
  const fact = { zh: `${answeredMs} 毫秒内应答${named}`, en: `answers in ${answeredMs} ms${named}` }
  const todo = { zh: '数据库应答缓慢，请检查磁盘与负载。', en: 'It answers slowly: check the disk and the load.' }
  return { key: 'database', title, state: slow ? 'warn' : 'ok', fact, ...(slow ? { todo } : {}) }
}

type Seen = { readonly state: string; readonly since: number }

/** Remembers since when each part is in its state; a restart begins anew, and says no more than it knows. */
export function createSince(): (key: string, state: string, nowMs: number) => number {
  const seen = new Map<string, Seen>()
  return (key, state, nowMs) => {
    const known = seen.get(key)
    if (known?.state === state) return known.since
    seen.set(key, { state, since: nowMs })
    return nowMs
  }
}

/** The whole report from its parts: what is not well is a problem with something to do. */
export function reportHealth(given: {
  readonly nowMs: number
  readonly version: string
  readonly startedAt: number
  readonly parts: readonly Part[]
  readonly workers: readonly JudgedWorker[]
  readonly queues: readonly Queue[]
  readonly since: (key: string, state: string, nowMs: number) => number
}) {
  const { nowMs, since } = given
  const parts = given.parts.map((part) => ({ ...part, since: since(part.key, part.state, nowMs) }))
  const queues = given.queues.map((queue) => ({ ...queue, since: since(`queue:${queue.key}`, queue.state, nowMs) }))
  const problemOf = (key: string, state: State, title: Text, todo: Text | undefined, at: number) =>
    state === 'warn' || state === 'fail'
      ? [{ key, severity: state, title, todo: todo ?? { zh: '请查看日志。', en: 'Look at the log.' }, since: at }]
      : []
  const problems = [
    ...parts.flatMap(({ key, state, title, fact, todo, since: at }) =>
      problemOf(key, state, { zh: `${title.zh}：${fact.zh}`, en: `${title.en}: ${fact.en}` }, todo, at),
    ),
    ...queues.flatMap(({ key, state, title, count, todo, since: at }) =>
      problemOf(key, state, { zh: `${title.zh}：${count}`, en: `${title.en}: ${count}` }, todo, at),
    ),
  ].sort((a, b) => (a.severity === b.severity ? 0 : a.severity === 'fail' ? -1 : 1))
  const failing = problems.some(({ severity }) => severity === 'fail')
  const state: 'ok' | 'warn' | 'fail' = failing ? 'fail' : problems.length > 0 ? 'warn' : 'ok'
  return {
    ...{ at: nowMs, state, version: given.version, startedAt: given.startedAt, problems },
    parts: parts.map(({ todo: _, ...part }) => part),
    workers: [...given.workers],
    queues: queues.map(({ todo: _, since: __, ...queue }) => queue),
  }
}
