const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * True when a request that carries a cookie may change something: it comes from one of our own pages, or from a
 * program that is no browser. Browsers name the origin of every request that is not GET or HEAD (Fetch, section
 * 3.2), so a foreign page can neither leave it out nor choose it.
 */
export function comesFromUs(request: Request, trustedOrigins: readonly string[]): boolean {
  if (SAFE_METHODS.has(request.method)) return true
  const origin = request.headers.get('origin')
  if (origin !== null) return trustedOrigins.includes(origin)
  const site = request.headers.get('sec-fetch-site')
  return site === null || site === 'same-origin' || site === 'none'
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The origins of one address: on the own machine a person may type either the name or the number. */
export function originsOf(baseUrl: string): string[] {
  const url = new URL(baseUrl)
  if (!LOOPBACK.has(url.hostname)) return [url.origin]
  const port = url.port === '' ? '' : `:${url.port}`
  return [url.origin, ...[...LOOPBACK].map((host) => `${url.protocol}//${host}${port}`)]
}

/** The domain that passkeys of an address belong to: a number is none (WebAuthn level 3 section 5.1.2). */
export function passkeyDomain(baseUrl: string): string {
  const { hostname } = new URL(baseUrl)
  return LOOPBACK.has(hostname) ? 'localhost' : hostname
}
