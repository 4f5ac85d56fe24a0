import type { Clock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import type { Randomness } from '@bithive/kernel/randomness'
import { backoffMs } from './backoff.ts'
import { nodeErrors } from './errors.ts'
import type { HubAddress } from './hub-address.ts'

type LeaseAddress = { readonly jobId: string; readonly epoch: number; readonly token: string }

export type Transfer = {
  /** The sealed input of a lease, exactly `bytes` long. @throws as `putResult`, and node.input-altered. */
  readonly getInput: (lease: LeaseAddress, bytes: number, signal: AbortSignal) => Promise<Uint8Array>
  /**
   * Leaves the sealed result at the hub. Doing it twice with the same bytes changes nothing.
   * @throws node.lease-gone, node.transfer-failed, node.revoked
   */
  readonly putResult: (lease: LeaseAddress, sealed: Uint8Array, signal: AbortSignal) => Promise<void>
}

const ATTEMPTS = 8
const BASE_MS = 60_000
/** The slowest line that is waited for: 128 bytes a millisecond. */
const SLOWEST_BYTES_PER_MS = 128

async function readExactly(response: Response, bytes: number): Promise<Uint8Array> {
  const out = new Uint8Array(bytes)
  let at = 0
  for await (const chunk of response.body ?? []) {
    // One byte too many is enough: the rest is not read.
    if (at + chunk.length > bytes) throw nodeErrors.error('input-altered', { expectedBytes: bytes })
    out.set(chunk, at)
    at += chunk.length
  }
  if (at !== bytes) throw nodeErrors.error('transfer-failed', { expectedBytes: bytes, gotBytes: at })
  return out
}

function checkStatus(status: number): void {
  if (status >= 200 && status < 300) return
  if (status === 429 || status >= 500) throw nodeErrors.error('transfer-failed', { status })
  throw nodeErrors.error('lease-gone', { status })
}

/** HTTP with the hub for one lease's bytes: bounded in size and time, tried again with a growing pause. */
export function createTransfer(deps: { hub: HubAddress; clock: Clock; randomness: Randomness }): Transfer {
  const { hub, clock } = deps

  const once = async <T>(bytes: number, signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const timer = new AbortController()
    const ended = new AbortController()
    clock.sleep(BASE_MS + bytes / SLOWEST_BYTES_PER_MS, ended.signal).then(
      () => timer.abort(),
      () => {},
    )
    try {
      return await call(AbortSignal.any([signal, timer.signal]))
    } catch (error) {
      if (isDomainError(error)) throw error
      throw nodeErrors.error('transfer-failed', {}, error)
    } finally {
      ended.abort()
    }
  }

  const persist = async <T>(bytes: number, signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(bytes, signal, call)
      } catch (error) {
        if (signal.aborted) throw nodeErrors.error('revoked')
        if (!isDomainError(error, 'node.transfer-failed') || attempt >= ATTEMPTS) throw error
      }
      await clock.sleep(backoffMs(attempt, deps.randomness), signal).catch(() => {
        throw nodeErrors.error('revoked')
      })
    }
  }

  const address = (lease: LeaseAddress, part: string) =>
    hub.http(`/nodes/leases/${encodeURIComponent(lease.jobId)}/${lease.epoch}/${part}`)
  const authorization = (lease: LeaseAddress) => `Bearer ${lease.token}`

  return {
    getInput: (lease, bytes, signal) =>
      persist(bytes, signal, async (within) => {
        const headers = { authorization: authorization(lease) }
        const response = await fetch(address(lease, 'input'), { headers, redirect: 'error', signal: within })
        checkStatus(response.status)
        return readExactly(response, bytes)
      }),
    putResult: (lease, sealed, signal) =>
      persist(sealed.length, signal, async (within) => {
        const headers = { authorization: authorization(lease), 'content-type': 'application/octet-stream' }
        const response = await fetch(address(lease, 'result'), {
          method: 'PUT',
          headers,
          body: new Uint8Array(sealed),
          redirect: 'error',
          signal: within,
        })
        await response.body?.cancel()
        checkStatus(response.status)
      }),
  }
}
