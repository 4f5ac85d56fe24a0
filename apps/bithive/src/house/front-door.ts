import type { HubStatus } from '@bithive/console'
import { renderStatusPage } from '@bithive/console'
import type { Metrics } from '@bithive/kernel/metrics'

export type AppFetch = (request: Request, env: object) => Response | Promise<Response>

export type FrontDoor = {
  readonly fetch: AppFetch
  /** Opens one of the two apps; until then its paths answer 503. */
  readonly open: (prefix: '/hub/' | '/site/', app: AppFetch) => void
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/

const json = (status: number, body: object) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  })

/** Metrics speak of the machine, so only this machine reads them. */
function fromThisMachine(env: object): boolean {
  const { incoming } = env as { incoming?: { socket?: { remoteAddress?: string } } }
  return LOOPBACK.test(incoming?.socket?.remoteAddress ?? '')
}

async function statusPage(request: Request, status: HubStatus): Promise<Response> {
  const asked = new URL(request.url).searchParams.get('lang') ?? request.headers.get('accept-language') ?? ''
  return new Response(renderStatusPage(status, /^\s*en/i.test(asked) ? 'en' : 'zh'), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  })
}

/** The one port of a house: hub and site by their prefix, health, metrics and the status page beside them. */
export function createFrontDoor(deps: {
  readonly metrics: Metrics
  readonly status: () => Promise<HubStatus | undefined>
}): FrontDoor {
  const apps = new Map<string, AppFetch>()
  const starting = () => json(503, { state: 'starting', database: false, ledgerBalanced: false })
  return {
    open: (prefix, app) => void apps.set(prefix, app),
    fetch: async (request, env) => {
      const { pathname } = new URL(request.url)
      for (const prefix of ['/hub/', '/site/']) {
        if (pathname.startsWith(prefix)) return apps.get(prefix)?.(request, env) ?? starting()
      }
      if (pathname === '/metrics') {
        if (!fromThisMachine(env)) return json(403, { code: 'http.forbidden' })
        return new Response(await deps.metrics.text(), { headers: { 'content-type': 'text/plain; version=0.0.4' } })
      }
      const status = pathname === '/healthz' || pathname === '/' ? await deps.status() : undefined
      if (pathname === '/healthz') {
        if (!status) return starting()
        const { database, ledgerBalanced, version } = status
        const sound = database && ledgerBalanced
        return json(sound ? 200 : 503, { state: sound ? 'ok' : 'unsound', database, ledgerBalanced, version })
      }
      if (pathname === '/' && status) return statusPage(request, status)
      if (pathname === '/') return starting()
      return json(404, { code: 'http.not-found' })
    },
  }
}
