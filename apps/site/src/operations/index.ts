import type { HealthAnswer } from '@bithive/api/operations'
import type { Audit } from '@bithive/kernel/audit'
import { createAuditRoutes } from '@bithive/kernel/audit-routes'
import { createAuditSearch } from '@bithive/kernel/audit-search'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import {
  createSince,
  databasePart,
  judgeWorkers,
  type Part,
  type Queue,
  reportHealth,
  workersPart,
} from '@bithive/kernel/health'
import { actorOf, createRoutes, type HttpEnv, mustAllow } from '@bithive/kernel/http'
import type { Live } from '@bithive/kernel/live'
import type { Log } from '@bithive/kernel/log'
import { every, type Worker } from '@bithive/kernel/worker'
import type { Hono } from 'hono'
import type { Imaging } from '../imaging/index.ts'
import type { Reports } from '../reports/index.ts'
import { mayReadAudit, maySeeHealth } from './policy.ts'

export type OperationsDeps = {
  readonly db: Database
  readonly audit: Audit
  readonly orgId: string
  readonly imaging: Pick<Imaging, 'quarantine' | 'heard'>
  readonly reports: Pick<Reports, 'list'>
  /** False where reports are filed and kept, and go nowhere. */
  readonly hasArchive: boolean
  readonly workers: () => readonly Worker[]
  readonly version: string
  readonly live: Pick<Live, 'publish'>
  readonly clock: Clock
  readonly log: Log
}

export type Operations = { readonly routes: Hono<HttpEnv>; readonly workers: readonly Worker[] }

const LOOK_MS = 5_000
/** Reports looked at for what was not delivered: the latest. */
const REPORTS = 500

async function queuesOf({ imaging, reports, hasArchive }: OperationsDeps): Promise<Queue[]> {
  const [aside, latest] = await Promise.all([imaging.quarantine.listQuarantined(), reports.list(REPORTS)])
  const deliveries = latest.flatMap((report) => report.deliveries)
  const count = (...states: string[]) => deliveries.filter(({ state }) => states.includes(state)).length
  const [waiting, unsent, refused] = [count('queued'), count('unreachable', 'unknown'), count('refused')]
  const queues: Queue[] = [
    {
      ...{ key: 'quarantined', title: { zh: '搁置的影像', en: 'Images set aside' } },
      ...{ count: aside.length, state: aside.length > 0 ? 'warn' : 'ok' },
      todo: {
        zh: '请在“检查”页查看搁置的原因，处理后重新登记。',
        en: 'See on the studies page why they were set aside; once that is dealt with, register them again.',
      },
    },
  ]
  if (!hasArchive) return queues
  return [
    ...queues,
    { key: 'reports-waiting', title: { zh: '待发往 PACS', en: 'To be sent to the PACS' }, count: waiting, state: 'ok' },
    {
      ...{ key: 'reports-unsent', title: { zh: 'PACS 没有答复的报告', en: 'Reports that the PACS has not taken' } },
      ...{ count: unsent, state: unsent > 0 ? 'warn' : 'ok' },
      todo: {
        zh: '报告已保存，会自动重发。请检查 PACS 是否开机、AE 名称与端口是否正确。',
        en: 'They are kept and sent again by themselves. Check that the PACS is on, and its AE title and port.',
      },
    },
    {
      ...{ key: 'reports-refused', title: { zh: 'PACS 拒收的报告', en: 'Reports that the PACS refused' } },
      ...{ count: refused, state: refused > 0 ? 'fail' : 'ok' },
      todo: {
        zh: '不会自动重发。请在 PACS 上允许本站的 AE 名称，再从报告页重新发送。',
        en: 'They are not sent again by themselves: let our AE title in at the PACS, then send them from the report.',
      },
    },
  ]
}

async function answerMs({ db, clock }: OperationsDeps): Promise<number | undefined> {
  const startedAt = clock.now()
  return db.app`SELECT 1`.then(
    () => clock.now() - startedAt,
    () => undefined,
  )
}

function doorPart({ imaging }: OperationsDeps): Part {
  const [last] = imaging.heard()
  const refused = last?.act === 'refused'
  const title = { zh: 'DICOM 接收', en: 'DICOM receiver' }
  const fact = {
    zh: last ? `最近来访：${last.aeTitle}@${last.address}${refused ? '，被拒绝' : ''}` : '启动后还没有设备来访',
    en: last
      ? `last caller: ${last.aeTitle}@${last.address}${refused ? ', refused' : ''}`
      : 'nobody has called since the start',
  }
  const todo = {
    zh: '若这是您的设备，请把它的 AE 名称加入允许列表。',
    en: 'If this is a device of yours, add its AE title to those that may send.',
  }
  return { key: 'dicom', title, state: refused ? 'warn' : 'ok', fact, ...(refused ? { todo } : {}) }
}

/** The hospital's own twin of the hub's room: how its part is, and who saw what. */
export function createOperations(deps: OperationsDeps): Operations {
  const { clock, orgId, live } = deps
  const startedAt = clock.now()
  const since = createSince()
  const read = async (): Promise<HealthAnswer> => {
    const nowMs = clock.now()
    const answered = await answerMs(deps)
    const workers = judgeWorkers(deps.workers(), nowMs)
    const parts = [databasePart(answered), workersPart(workers), doorPart(deps)]
    const queues = answered === undefined ? [] : await queuesOf(deps)
    return reportHealth({ nowMs, version: deps.version, startedAt, parts, workers, queues, since })
  }
  const routes = createRoutes()
  routes.get('/operations/health', async (c) => {
    mustAllow(maySeeHealth(actorOf(c), orgId))
    return c.json(await read())
  })
  routes.route(
    '/',
    createAuditRoutes({
      ...{ audit: deps.audit, search: createAuditSearch(deps), clock },
      mayRead: (actor, asked) => mayReadAudit(actor, asked, orgId),
      maySeeChains: (actor) => mayReadAudit(actor, orgId, orgId),
      nameOf: async () => undefined,
    }),
  )
  let told = ''
  const watch = every({
    ...{ name: 'operations.watch-health', intervalMs: LOOK_MS, clock },
    log: deps.log.child({ room: 'operations' }),
    act: async () => {
      const { state, problems, queues } = await read()
      const now = JSON.stringify([state, problems.map(({ key, title }) => key + title.en), queues])
      if (now !== told) live.publish(orgId, { topic: 'health' })
      told = now
    },
  })
  return { routes, workers: [watch] }
}
