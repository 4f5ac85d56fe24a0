import { connect } from 'node:net'
import type { Clock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import { z } from 'zod'
import { ServiceProblem } from '../command/call-service.ts'
import { readConnections } from '../command/service-client.ts'
import { whoAmI } from '../command/sign-in.ts'
import type { Check } from './check.ts'

const MAX_SKEW_MS = 30_000
const TIMEOUT_MS = 5_000
const Health = z.object({ state: z.string(), database: z.boolean(), ledgerBalanced: z.boolean() })
type Health = z.infer<typeof Health>

const SERVICE = { zh: '服务正在运行', en: 'The service runs' }

/** True when something takes connections there. */
function isTaken(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: TIMEOUT_MS })
    const end = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

async function checkSilence(url: URL): Promise<Check> {
  if (await isTaken(url)) {
    return {
      key: 'service',
      verdict: 'fail',
      found: url.origin,
      shown: { zh: `${url.origin} 上是别的程序`, en: `another program at ${url.origin}` },
      what: SERVICE,
      cure: { zh: '请换一个端口（BITHIVE_PORT），或停止那个程序。', en: 'Choose another BITHIVE_PORT, or stop it.' },
    }
  }
  return {
    key: 'service',
    verdict: 'warn',
    found: url.origin,
    shown: { zh: `${url.origin} 没有回应`, en: `no answer at ${url.origin}` },
    what: SERVICE,
    cure: { zh: '需要时请运行 bithive up。', en: 'Run bithive up when you need it.' },
  }
}

function judgeHealth(url: URL, { state, database, ledgerBalanced }: Health): Check[] {
  if (state === 'starting') {
    return [
      {
        key: 'service',
        verdict: 'warn',
        found: state,
        shown: { zh: '正在启动', en: 'starting' },
        what: SERVICE,
        cure: { zh: '请稍等几秒再检查。', en: 'Examine again in some seconds.' },
      },
    ]
  }
  return [
    { key: 'service', verdict: 'ok', found: url.origin, what: SERVICE },
    {
      key: 'database',
      verdict: database ? 'ok' : 'fail',
      found: database ? 'connected' : 'unreachable',
      shown: database ? { zh: '已连接', en: 'connected' } : { zh: '连接不上', en: 'not reachable' },
      what: { zh: '数据库', en: 'Database' },
      cure: { zh: '请检查磁盘和日志。', en: 'Check disk and log.' },
    },
    // A ledger that cannot be read is not one that differs: only what is known is said.
    ...(database ? [judgeLedger(ledgerBalanced)] : []),
  ]
}

const judgeLedger = (balanced: boolean): Check => ({
  key: 'ledger',
  verdict: balanced ? 'ok' : 'fail',
  found: balanced ? 'balanced' : 'differs',
  shown: balanced
    ? { zh: '借贷相等', en: 'debits equal credits' }
    : { zh: '借贷不等', en: 'debits and credits differ' },
  what: { zh: '试算平衡', en: 'Trial balance' },
  cure: {
    zh: '付款已自动停止；请先核对账本，再做其他操作。',
    en: 'Payouts have stopped by themselves: look at the ledger before anything else.',
  },
})

function judgeClock(answeredAt: string | null, now: number): Check {
  const skewMs = Math.abs(Date.parse(answeredAt ?? '') - now)
  const known = !Number.isNaN(skewMs)
  const seconds = Math.round(skewMs / 1000)
  return {
    key: 'clock',
    verdict: !known ? 'warn' : skewMs < MAX_SKEW_MS ? 'ok' : 'fail',
    found: known ? `${seconds} s` : 'unknown',
    shown: known ? { zh: `${seconds} 秒`, en: `${seconds} s` } : { zh: '无法得知', en: 'not known' },
    what: { zh: '与服务的时钟偏差', en: 'Clock difference to the service' },
    cure: { zh: '请开启系统的时间同步。', en: 'Turn on time synchronisation.' },
  }
}

/** Whether what `login` kept still counts. */
async function checkSignIns(dataDirectory: string): Promise<Check[]> {
  const connections = await readConnections(dataDirectory)
  const checks: Check[] = []
  for (const service of ['hub', 'site'] as const) {
    const connection = connections[service]
    if (!connection) continue
    const error = await whoAmI(service, connection).then(
      () => undefined,
      (failure) => failure,
    )
    const code = error instanceof ServiceProblem ? error.problem.code : isDomainError(error) ? error.code : 'unexpected'
    checks.push({
      key: `sign-in-${service}`,
      verdict: error ? 'warn' : 'ok',
      found: error ? code : 'valid',
      shown: error ? { zh: `无效（${code}）`, en: `not valid (${code})` } : { zh: '有效', en: 'valid' },
      what:
        service === 'hub'
          ? { zh: '枢纽登录', en: 'Sign-in at the hub' }
          : { zh: '站点登录', en: 'Sign-in at the site' },
      cure: { zh: '请重新运行 bithive login。', en: 'Run bithive login again.' },
    })
  }
  return checks
}

/** What a running hub and site say of themselves. */
export async function checkService(deps: {
  readonly dataDirectory: string
  readonly port: number
  readonly clock: Clock
}): Promise<Check[]> {
  const { hub } = await readConnections(deps.dataDirectory)
  const url = new URL(hub?.url ?? `http://127.0.0.1:${deps.port}`)
  let response: Response
  let health: Health
  try {
    response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' })
    health = Health.parse(await response.json())
  } catch {
    return [await checkSilence(url)]
  }
  const checks = [...judgeHealth(url, health), judgeClock(response.headers.get('date'), deps.clock.now())]
  return [...checks, ...(health.state === 'starting' ? [] : await checkSignIns(deps.dataDirectory))]
}
