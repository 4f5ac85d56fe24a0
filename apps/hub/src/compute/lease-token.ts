import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * The bearer token of one lease, derived and never stored: a hub that restarts can say it again, and a token is
 * worth nothing once its lease has ended.
 */
export function leaseToken(secret: Uint8Array, lease: { jobId: string; epoch: number; nodeId: string }): string {
  return createHmac('sha256', secret)
    .update(`lease-token:${lease.jobId}:${lease.epoch}:${lease.nodeId}`)
    .digest('base64url')
}

/** Compares in constant time. */
export function isLeaseToken(
  secret: Uint8Array,
  lease: { jobId: string; epoch: number; nodeId: string },
  token: string,
): boolean {
  const expected = Buffer.from(leaseToken(secret, lease))
  const given = Buffer.from(token)
  return expected.length === given.length && timingSafeEqual(expected, given)
}
