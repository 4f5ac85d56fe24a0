import { isIP } from 'node:net'
import { nodeErrors } from './errors.ts'

export type HubAddress = {
  /** Address of an HTTP resource below `/hub/v1`. */
  readonly http: (path: string) => string
  /** Address of the node's WebSocket. */
  readonly socket: string
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true
  return isIP(hostname) === 4 && hostname.startsWith('127.')
}

/**
 * Where the hub is. Encrypted addresses only: plain http (and so ws) is accepted for this machine alone.
 * @throws node.hub-not-secure
 */
export function parseHubAddress(hubUrl: string): HubAddress {
  const url = URL.canParse(hubUrl) ? new URL(hubUrl) : undefined
  const secure = url?.protocol === 'https:' || url?.protocol === 'wss:'
  const plain = url?.protocol === 'http:' || url?.protocol === 'ws:'
  if (url?.username !== '' || url.password !== '') throw nodeErrors.error('bad-options', { path: 'hubUrl' })
  if (!secure && !(plain && isLoopback(url.hostname)))
    throw nodeErrors.error('hub-not-secure', { protocol: url.protocol })
  const base = `${url.host}${url.pathname.replace(/\/+$/, '')}/hub/v1`
  return {
    http: (path) => `${secure ? 'https' : 'http'}://${base}${path}`,
    socket: `${secure ? 'wss' : 'ws'}://${base}/nodes/connect`,
  }
}
