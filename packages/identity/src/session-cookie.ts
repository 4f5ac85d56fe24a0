import { createHmac, timingSafeEqual } from 'node:crypto'

export type CookieSettings = { readonly baseUrl: string; readonly cookiePrefix: string; readonly secret: string }

/** Browsers accept a name that begins with `__Secure-` over TLS only (RFC 6265bis section 4.1.3.1). */
function sessionCookieName(settings: Pick<CookieSettings, 'baseUrl' | 'cookiePrefix'>): string {
  const secure = settings.baseUrl.startsWith('https://') ? '__Secure-' : ''
  return `${secure}${settings.cookiePrefix}.session_token`
}

function cookieValue(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}

/**
 * The session's token out of a Cookie header, when its signature holds: `token.signature`, percent-encoded, the
 * signature being HMAC-SHA-256 of the token in base64. What is in the table is of no use without the secret.
 */
export function readSessionToken(header: string | null, settings: CookieSettings): string | undefined {
  const encoded = header === null ? undefined : cookieValue(header, sessionCookieName(settings))
  if (encoded === undefined || encoded.length > 512) return undefined
  let value: string
  try {
    value = decodeURIComponent(encoded)
  } catch {
    return undefined
  }
  const at = value.lastIndexOf('.')
  if (at < 1) return undefined
  const token = value.slice(0, at)
  const given = Buffer.from(value.slice(at + 1), 'base64')
  const right = createHmac('sha256', settings.secret).update(token).digest()
  return given.length === right.length && timingSafeEqual(given, right) ? token : undefined
}
