import type { HouseFacts } from '@bithive/api/house'
import type { HubStatus } from '@bithive/console'
import { renderStatusPage } from '@bithive/console'
import { toProblem } from '@bithive/kernel/errors'
import { httpErrors } from '@bithive/kernel/http'
import { pickLocale } from '@bithive/kernel/locale'
import type { Metrics } from '@bithive/kernel/metrics'
import type { ConsoleFiles } from './serve-console.ts'
import { renderStartingPage, type Waiting } from './starting-page.ts'

export type AppFetch = (request: Request, env: object) => Response | Promise<Response>

export type FrontDoor = {
  readonly fetch: AppFetch
  /** Opens one of the two apps; until then its paths answer 503. */
  readonly open: (prefix: '/hub/' | '/site/', app: AppFetch) => void
  /** Until it is opened again its paths answer 503, as at the start. */
  readonly shut: (prefix: '/hub/' | '/site/') => void
  /** Hands over the console to serve, or says why there is none. Until then its pages say that the house starts. */
  readonly show: (console: ConsoleFiles | Exclude<Waiting, 'starting'>) => void
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

function problem(
  request: Request,
  key: 'forbidden' | 'not-found' | 'unavailable',
  headers: Record<string, string> = {},
): Response {
  const said = toProblem(httpErrors.error(key), localeOf(request))
  return json(said.status, said, { 'content-type': 'application/problem+json; charset=utf-8', ...headers })
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

const SCRIPTLESS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

function statusPage(request: Request, status: HubStatus): Response {
  return new Response(renderStatusPage(status, localeOf(request)), { headers: SCRIPTLESS })
}

/** Paths of the console's own files: one that is not there is not there, whatever asks for it. */
const FILES = /^\/(assets|docs)\/|\.[a-z0-9]+$/i

/**
 * The console: its files by their names, and for everything else that a browser opens the page of one of its two
 * entries, which reads from the address what to show.
 */
function consolePath(request: Request, console: ConsoleFiles | Waiting, isStarting: boolean): Response | undefined {
  const { pathname } = new URL(request.url)
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  const isFirst = pathname === '/' || pathname === '/m'
  const forPeople = isFirst || (request.headers.get('accept') ?? '').includes('text/html')
  const state = typeof console === 'string' ? console : isStarting ? 'starting' : undefined
  if (FILES.test(pathname)) return typeof console === 'string' ? undefined : console.file(pathname, request)
  if (!forPeople || /^\/\/|^\/(hub|site|metrics|healthz|house|status)(\/|$)/.test(pathname)) return undefined
  if (state !== undefined || typeof console === 'string') {
    const page = renderStartingPage(state ?? 'starting', localeOf(request))
    return new Response(page, { status: 503, headers: { ...SCRIPTLESS, 'retry-after': '2' } })
  }
  return console.page(/^\/m(\/|$)/.test(pathname) ? 'm.html' : 'index.html', request)
}

/** Serves metrics, health, the status page and what may be known of the house; everything else is not found. */
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
  if (pathname === '/house') {
    const facts = deps.house()
    return facts ? json(200, facts) : starting()
  }
  if (pathname !== '/healthz' && pathname !== '/status') return problem(request, 'not-found')
  // A status that cannot be read is a state, and not a healthy one.
  const status = await deps.status().catch(() => 'unreadable' as const)
  if (status === 'unreadable') return json(503, { state: 'unsound', database: false, ledgerBalanced: false })
  if (!status) return starting()
  if (pathname === '/status') return statusPage(request, status)
  const { database, ledgerBalanced, version } = status
  const sound = database && ledgerBalanced
  return json(sound ? 200 : 503, { state: sound ? 'ok' : 'unsound', database, ledgerBalanced, version })
}

/** The one port of a house: hub and site by their prefix, the console, health, metrics and the status page. */
export function createFrontDoor(deps: {
  readonly metrics: Metrics
  /** Hosts besides this machine's own names that requests may be for; absent where any name will do. */
  readonly publicHosts?: readonly string[]
  /** Undefined while the house starts. */
  readonly status: () => Promise<HubStatus | undefined>
  /** What anyone may know; undefined while the house starts. */
  readonly house: () => HouseFacts | undefined
}): FrontDoor {
  const apps = new Map<string, AppFetch>()
  let shown: ConsoleFiles | Waiting = 'starting'
  const starting = () =>
    json(503, { state: 'starting', database: false, ledgerBalanced: false }, { 'retry-after': '2' })
  return {
    open: (prefix, app) => void apps.set(prefix, app),
    shut: (prefix) => void apps.delete(prefix),
    show: (console) => {
      shown = console
    },
    fetch: async (request, env) => {
      if (!isOurName(request, deps.publicHosts)) return problem(request, 'forbidden')
      const { pathname } = new URL(request.url)
      for (const prefix of ['/hub/', '/site/']) {
        const app = pathname.startsWith(prefix) ? apps.get(prefix) : undefined
        if (app) return app(request, env)
        if (pathname.startsWith(prefix)) return problem(request, 'unavailable', { 'retry-after': '2' })
      }
      const page = consolePath(request, shown, deps.house() === undefined)
      return page ?? ownPath(deps, request, env, starting)
    },
  }
}
