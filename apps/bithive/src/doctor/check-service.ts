import { systemClock } from '@bithive/kernel/clock'
import { z } from 'zod'
import { readConnections } from '../command/service-client.ts'
import type { Check } from './check.ts'

const MAX_SKEW_MS = 30_000
const Health = z.object({ state: z.string(), database: z.boolean(), ledgerBalanced: z.boolean() })

function notRunning(url: string): Check[] {
  return [
    {
      key: 'service',
      verdict: 'warn',
      found: url,
      what: { zh: '服务正在运行', en: 'The service runs' },
      cure: { zh: '没有回应。需要时请运行 bithive up。', en: 'No answer. Run bithive up when you need it.' },
    },
  ]
}

/** What a running hub and site say of themselves. */
export async function checkService(dataDirectory: string, port: number): Promise<Check[]> {
  const { hub } = await readConnections(dataDirectory)
  const url = hub?.url ?? `http://127.0.0.1:${port}`
  const sentAt = systemClock.now()
  let response: Response
  let health: z.infer<typeof Health>
  try {
    response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(5_000), redirect: 'error' })
    health = Health.parse(await response.json())
  } catch {
    return notRunning(url)
  }
  const skew = Math.abs(Date.parse(response.headers.get('date') ?? '') - sentAt)
  const good = (
    key: string,
    ok: boolean,
    found: string,
    zh: string,
    en: string,
    cureZh: string,
    cureEn: string,
  ): Check => ({
    key,
    verdict: ok ? 'ok' : 'fail',
    found,
    what: { zh, en },
    cure: { zh: cureZh, en: cureEn },
  })
  return [
    good('service', response.ok, url, '服务正在运行', 'The service runs', '请查看日志。', 'Look at its log.'),
    good(
      'database',
      health.database,
      String(health.database),
      '数据库',
      'Database',
      '请检查磁盘和日志。',
      'Check disk and log.',
    ),
    good(
      'ledger',
      health.ledgerBalanced,
      String(health.ledgerBalanced),
      '试算平衡',
      'Trial balance',
      '付款已自动停止；请运行 bithive doctor 并联系支持。',
      'Payouts have stopped by themselves: look at the ledger before anything else.',
    ),
    good(
      'clock',
      Number.isNaN(skew) || skew < MAX_SKEW_MS,
      `${Math.round(skew / 1000)} s`,
      '时钟偏差',
      'Clock difference',
      '请开启系统的时间同步。',
      'Turn on time synchronisation.',
    ),
  ]
}
