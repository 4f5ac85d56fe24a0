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
