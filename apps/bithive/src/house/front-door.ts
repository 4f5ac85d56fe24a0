import type { HubStatus } from '@bithive/console'
import { renderStatusPage } from '@bithive/console'
import { toProblem } from '@bithive/kernel/errors'
import { httpErrors } from '@bithive/kernel/http'
import { pickLocale } from '@bithive/kernel/locale'
import type { Metrics } from '@bithive/kernel/metrics'

export type AppFetch = (request: Request, env: object) => Response | Promise<Response>

export type FrontDoor = {
  readonly fetch: AppFetch
  /** Opens one of the two apps; until then its paths answer 503. */
  readonly open: (prefix: '/hub/' | '/site/', app: AppFetch) => void
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/

const PLAIN_HEADERS = {
  'content-type': 'application/json',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

const json = (status: number, body: object, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { ...PLAIN_HEADERS, ...headers } })

function localeOf(request: Request) {
  return pickLocale(new URL(request.url).searchParams.get('lang'), request.headers.get('accept-language'))
}

/** Names of this machine, with or without a port: what a browser on it may have typed. */
const OWN_NAMES = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/**
 * A page elsewhere can point a name of its own at this machine and then read what it serves (DNS rebinding); its
 * requests carry that name. So a house that is open to this machine only answers to this machine's names and to the
 * public address that its operator set.
 */
function isOurName(request: Request, publicHosts: readonly string[] | undefined): boolean {
  if (publicHosts === undefined) return true
  const host = request.headers.get('host') ?? new URL(request.url).host
  return OWN_NAMES.test(host) || publicHosts.includes(host.toLowerCase())
}

function problem(request: Request, key: 'forbidden' | 'not-found'): Response {
  const said = toProblem(httpErrors.error(key), localeOf(request))
  return json(said.status, said, { 'content-type': 'application/problem+json; charset=utf-8' })
}

/**
 * Metrics speak of the machine, so only this machine reads them. What a proxy on this machine passes on comes from
 * loopback too, and says so in a header.
 */
function fromThisMachine(request: Request, env: object): boolean {
  const { incoming } = env as { incoming?: { socket?: { remoteAddress?: string } } }
  const passedOn = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => request.headers.has(name))
  return !passedOn && LOOPBACK.test(incoming?.socket?.remoteAddress ?? '')
}

function statusPage(request: Request, status: HubStatus): Response {
  return new Response(renderStatusPage(status, localeOf(request)), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  })
}

/** Serves metrics, health and the status page; everything else is not found. */
async function ownPath(
  deps: Parameters<typeof createFrontDoor>[0],
  request: Request,
  env: object,
  starting: () => Response,
): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/metrics') {
    if (!fromThisMachine(request, env)) return problem(request, 'forbidden')
    return new Response(await deps.metrics.text(), {
      headers: { ...PLAIN_HEADERS, 'content-type': 'text/plain; version=0.0.4' },
    })
  }
  if (pathname !== '/healthz' && pathname !== '/') return problem(request, 'not-found')
  // A status that cannot be read is a state, and not a healthy one.
  const status = await deps.status().catch(() => 'unreadable' as const)
  if (status === 'unreadable') return json(503, { state: 'unsound', database: false, ledgerBalanced: false })
  if (!status) return starting()
  if (pathname === '/') return statusPage(request, status)
  const { database, ledgerBalanced, version } = status
  const sound = database && ledgerBalanced
  return json(sound ? 200 : 503, { state: sound ? 'ok' : 'unsound', database, ledgerBalanced, version })
}

/** The one port of a house: hub and site by their prefix, health, metrics and the status page beside them. */
export function createFrontDoor(deps: {
  readonly metrics: Metrics
  /** Hosts besides this machine's own names that requests may be for; absent where any name will do. */
  readonly publicHosts?: readonly string[]
  /** Undefined while the house starts. */
  readonly status: () => Promise<HubStatus | undefined>
}): FrontDoor {
  const apps = new Map<string, AppFetch>()
  const starting = () =>
    json(503, { state: 'starting', database: false, ledgerBalanced: false }, { 'retry-after': '2' })
  return {
    open: (prefix, app) => void apps.set(prefix, app),
    fetch: async (request, env) => {
      if (!isOurName(request, deps.publicHosts)) return problem(request, 'forbidden')
      const { pathname } = new URL(request.url)
      for (const prefix of ['/hub/', '/site/']) {
        if (pathname.startsWith(prefix)) return apps.get(prefix)?.(request, env) ?? starting()
      }
      return ownPath(deps, request, env, starting)
    },
  }
}
