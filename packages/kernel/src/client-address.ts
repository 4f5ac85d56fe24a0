import { isIP } from 'node:net'

/** An IPv4 address that reached an IPv6 socket is the same client. */
const plain = (address: string) => (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice(7) : address)

/**
 * Who calls: the peer, unless it is a trusted proxy; then the last address in X-Forwarded-For that is not one itself.
 * Anything left of that was written by the caller and proves nothing.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: readonly string[],
): string {
  const trusted = new Set(trustedProxies.map(plain))
  let address = plain(peer ?? 'local')
  const hops = (forwardedFor ?? '').split(',').map((hop) => plain(hop.trim()))
  while (trusted.has(address)) {
    const hop = hops.pop()
    if (hop === undefined || isIP(hop) === 0) break
    address = hop
  }
  return address
}

/**
 * The name of an address's budget. A home or an office holds a whole IPv6 /64 (RFC 6177): with a budget for each of its
 * addresses it would have no limit, and would push other callers out of the memory of budgets.
 */
export function budgetOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0')]
  return `${[...groups, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
