import type { HealthAnswer } from '@bithive/api/operations'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import {
  createSince,
  databasePart,
  diskPart,
  judgeWorkers,
  type Part,
  type Queue,
  reportHealth,
  workersPart,
} from '@bithive/kernel/health'
import type { Live } from '@bithive/kernel/live'
import type { Log } from '@bithive/kernel/log'
import { every, type Worker } from '@bithive/kernel/worker'
import type { Ledger } from '../ledger/index.ts'
import type { HousePort } from './ports.ts'

export type HealthDeps = {
  readonly db: Database
  readonly ledger: Pick<Ledger, 'trialBalance' | 'stops'>
  /** Counts of the market, for queues and nodes. */
  readonly counts: () => Promise<{ jobs: Readonly<Record<string, number>>; nodesOnline: number; nodesKnown: number }>
  readonly workers: () => readonly Worker[]
  readonly house: HousePort | undefined
  readonly live: Pick<Live, 'publish'>
  readonly clock: Clock
  readonly log: Log
}

export type Health = { readonly read: () => Promise<HealthAnswer>; readonly worker: Worker }

const DAY_MS = 86_400_000
const LOOK_MS = 5_000
/** A backup is old after this; twice as old it is as good as none. */
const OLD_BACKUP_DAYS = 7
const CERTIFICATE_DAYS = 21
const MAX_CLOCK_SKEW_MS = 5_000

type DatabaseFacts = { answeredMs: number; version: string; nowMs: number }

async function askDatabase({ db, clock }: HealthDeps): Promise<DatabaseFacts | undefined> {
  const startedAt = clock.now()
  try {
    const [row] = await db.app<{ version: string; now: Date }[]>`
      SELECT current_setting('server_version') AS version, clock_timestamp() AS now`
    const version = row?.version.split(' ')[0] ?? ''
    return { answeredMs: clock.now() - startedAt, version, nowMs: row?.now.getTime() ?? 0 }
  } catch {
    return undefined
  }
}

async function ledgerPart({ ledger }: HealthDeps): Promise<Part> {
  const title = { zh: '账本', en: 'Ledger' }
  const [trial, stops] = await Promise.all([ledger.trialBalance(), ledger.stops()])
  const sound = trial.balanced && stops.length === 0
  const shards = stops.map(({ shard }) => shard).join(' ')
  if (sound) {
    return {
      key: 'ledger',
      title,
      state: 'ok',
      fact: { zh: '借贷相等，没有停付', en: 'balances, no payout is stopped' },
    }
  }
  return {
    ...{ key: 'ledger', title, state: 'fail' },
    fact:
      stops.length > 0
        ? { zh: `分片 ${shards} 已停付`, en: `payouts of shard ${shards} are stopped` }
        : { zh: '借贷不等', en: 'debits and credits differ' },
    todo: {
      zh: '请在“账本”页查看差额；查清后由两位运营者解除停付。',
      en: 'Look at the difference on the ledger page; once it is explained, two operators clear the stop.',
    },
  }
}

function clockPart(database: DatabaseFacts, nowMs: number): Part {
  const skewMs = Math.abs(database.nowMs - nowMs)
  const ok = skewMs < MAX_CLOCK_SKEW_MS
  const seconds = (skewMs / 1000).toFixed(1)
  return {
    ...{ key: 'clock', title: { zh: '时钟', en: 'Clock' }, state: ok ? 'ok' : 'warn' },
    fact: { zh: `与数据库相差 ${seconds} 秒`, en: `${seconds} s from the database's` },
    ...(ok ? {} : { todo: { zh: '请开启系统的时间同步。', en: 'Turn on time synchronisation.' } }),
  }
}

async function backupPart(house: HousePort, nowMs: number): Promise<Part> {
  const title = { zh: '备份', en: 'Backup' }
  const todo = { zh: '请在“备份”页立即备份。', en: 'Make one now on the backups page.' }
  const [last] = await house.backups.list()
  if (!last) return { key: 'backup', title, state: 'warn', fact: { zh: '还没有备份', en: 'none was made yet' }, todo }
  const days = (nowMs - last.at) / DAY_MS
  const state = days > OLD_BACKUP_DAYS * 2 ? 'fail' : days > OLD_BACKUP_DAYS ? 'warn' : 'ok'
  const age = Math.floor(days)
  const zh = age < 1 ? '上次备份在 24 小时之内' : `上次备份在 ${age} 天前`
  const en = age < 1 ? 'the last one is less than a day old' : `the last one is ${age} days old`
  const failed = last.drill && !last.drill.ok
  if (failed) {
    const fact = { zh: '上次恢复演练没有通过', en: 'the last drill failed' }
    return { key: 'backup', title, state: 'fail', fact, todo }
  }
  return { key: 'backup', title, state, fact: { zh, en }, ...(state === 'ok' ? {} : { todo }) }
}

async function certificatePart(house: HousePort, nowMs: number): Promise<Part> {
  const title = { zh: '证书', en: 'Certificate' }
  const endsAt = await house.certificateEndsAt()
  if (endsAt === undefined) {
    const fact = { zh: '由代理加密，或仅在本机开放', en: 'encrypted by a proxy, or open on this machine only' }
    return { key: 'certificate', title, state: 'off', fact }
  }
  const days = Math.floor((endsAt - nowMs) / DAY_MS)
  const state = days < 0 ? 'fail' : days < CERTIFICATE_DAYS ? 'warn' : 'ok'
  const fact = days < 0 ? { zh: '已过期', en: 'has expired' } : { zh: `还有 ${days} 天`, en: `${days} days left` }
  const todo = { zh: '请更换证书文件并重新启动。', en: 'Replace the certificate files and restart.' }
  return { key: 'certificate', title, state, fact, ...(state === 'ok' ? {} : { todo }) }
}

function marketParts(counts: Awaited<ReturnType<HealthDeps['counts']>>): { nodes: Part; queues: Queue[] } {
  const { jobs, nodesOnline, nodesKnown } = counts
  const none = nodesKnown > 0 && nodesOnline === 0
  const nodes: Part = {
    ...{ key: 'nodes', title: { zh: '计算节点', en: 'Nodes' } },
    state: nodesKnown === 0 ? 'off' : none ? 'warn' : 'ok',
    fact: { zh: `在线 ${nodesOnline}，共 ${nodesKnown}`, en: `${nodesOnline} online of ${nodesKnown}` },
    ...(none ? { todo: { zh: '没有节点在线，作业会等待。', en: 'No node is online, so jobs wait.' } } : {}),
  }
  const count = (...states: string[]) => states.reduce((sum, state) => sum + (jobs[state] ?? 0), 0)
  const unresolved = count('unresolved')
  const queues: Queue[] = [
    {
      ...{ key: 'jobs-waiting', title: { zh: '待派发作业', en: 'Jobs to be placed' } },
      ...{ count: count('ordered', 'queued'), state: 'ok' },
    },
    {
      ...{ key: 'jobs-running', title: { zh: '进行中作业', en: 'Jobs under way' } },
      ...{ count: count('leased', 'staged', 'running'), state: 'ok' },
    },
    {
      ...{ key: 'jobs-returned', title: { zh: '待核验结果', en: 'Results to be checked' } },
      ...{ count: count('returned', 'accepted'), state: 'ok' },
    },
    {
      ...{ key: 'jobs-unresolved', title: { zh: '没有结论的作业', en: 'Jobs without an answer' } },
      ...{ count: unresolved, state: unresolved > 0 ? 'warn' : 'ok' },
      todo: {
        zh: '医院没有答复结果，款项仍然冻结。请联系下单的医院。',
        en: 'The hospital never answered, and the money stays held. Ask the hospital that ordered.',
      },
    },
  ]
  return { nodes, queues }
}

/** How the hub is, with a plain sentence for what is not well; tells open pages when that changes. */
export function createHealth(deps: HealthDeps): Health {
  const { clock, house } = deps
  const startedAt = clock.now()
  const since = createSince()

  const read = async (): Promise<HealthAnswer> => {
    const nowMs = clock.now()
    const database = await askDatabase(deps)
    const workers = judgeWorkers(deps.workers(), nowMs)
    const parts: Part[] = [databasePart(database?.answeredMs, database?.version)]
    let queues: Queue[] = []
    // What needs the database is not known without it, which is another thing than well or not well.
    if (database) {
      const market = marketParts(await deps.counts())
      parts.push(await ledgerPart(deps), workersPart(workers), market.nodes, clockPart(database, nowMs))
      queues = market.queues
    } else parts.push(workersPart(workers))
    if (house) {
      parts.push(diskPart(await house.disk()), await certificatePart(house, nowMs), await backupPart(house, nowMs))
    }
    const version = house?.version ?? ''
    const report = reportHealth({ nowMs, version, startedAt, parts, workers, queues, since })
    return { ...report, problems: [...report.problems], workers: [...report.workers] }
  }

  let told = ''
  const worker = every({
    name: 'operations.watch-health',
    intervalMs: LOOK_MS,
    clock,
    log: deps.log,
    act: async () => {
      const { state, problems, parts } = await read()
      const now = JSON.stringify([
        state,
        problems.map(({ key, severity }) => key + severity),
        parts.map((p) => p.state),
      ])
      if (now !== told) deps.live.publish('*', { topic: 'health' })
      told = now
    },
  })
  return { read, worker }
}
