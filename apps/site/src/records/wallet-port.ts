import type { WalletBalance, WalletEntry } from '@bithive/api/patient'
import { LocalText } from '@bithive/api/workload'
import { isDomainError } from '@bithive/kernel/errors'
import { z } from 'zod'
import type { RecordsDeps } from './deps.ts'
import { recordErrors } from './errors.ts'

const TIMEOUT_MS = 5_000
const MAX_BYTES = 1_048_576

/** As the hub issues its service tokens: nothing else is ever sent there as one. */
const TOKEN = /^bst_[A-Za-z0-9_-]{16,120}$/

const Amount = z.string().regex(/^-?\d{1,30}(\.\d{1,18})?$/)
/** What is read of the hub's answers; what a newer hub adds is passed over. */
const Holder = z.object({
  kind: z.string(),
  roles: z.array(z.string()),
  organisation: z.object({ orgId: z.string(), kind: z.string() }).nullable(),
})
const Balances = z.object({
  balances: z.array(z.object({ asset: z.string().max(32), kind: z.string(), available: Amount, pendingOut: Amount })),
})
const Entries = z.object({
  entries: z.array(
    z.object({
      id: z.string().max(80),
      kind: z.string(),
      asset: z.string().max(32),
      direction: z.enum(['in', 'out']),
      step: z.enum(['move', 'hold', 'post', 'void']),
      amount: Amount,
      text: LocalText.optional(),
      at: z.iso.datetime(),
    }),
  ),
})

export type WalletContent = { readonly balances: WalletBalance[]; readonly entries: WalletEntry[] }

/** The hub did not take the token: revoked, expired, or never one of its own. */
class TokenRefused extends Error {}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > MAX_BYTES) throw recordErrors.error('network-unreachable', { maxBytes: MAX_BYTES })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export type WalletPort = {
  /**
   * Whether this is a token that reads one person's own wallet and can do nothing else.
   * @throws records.wallet-code, wallet-too-strong, wallet-not-personal, network-unreachable
   */
  readonly check: (token: string) => Promise<void>
  /** @returns `refused` when the hub does not take the token any more @throws records.network-unreachable */
  readonly read: (token: string) => Promise<WalletContent | 'refused'>
}

/** Calls of a patient's own token to the hub: outbound, reading only, never repeated in the background. */
export function createWalletPort(deps: Pick<RecordsDeps, 'hubUrl' | 'fetch' | 'log'>): WalletPort {
  const doFetch = deps.fetch ?? fetch

  const get = async <T>(token: string, path: string, schema: z.ZodType<T>): Promise<T> => {
    if (!TOKEN.test(token)) throw new TokenRefused()
    try {
      const response = await doFetch(`${deps.hubUrl}/hub/v1${path}`, {
        headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (response.status === 401 || response.status === 403) throw new TokenRefused()
      if (!response.ok) throw recordErrors.error('network-unreachable', { hubStatus: response.status })
      return schema.parse(JSON.parse(Buffer.from(await readBounded(response)).toString('utf8')))
    } catch (error) {
      if (error instanceof TokenRefused || isDomainError(error)) throw error
      // A refused connection, a time-out, an answer that is none: the same to the person who asked.
      throw recordErrors.error('network-unreachable', {}, error)
    }
  }

  return {
    check: async (token) => {
      const holder = await get(token, '/me', Holder).catch((error: unknown) => {
        throw error instanceof TokenRefused ? recordErrors.error('wallet-code') : error
      })
      if (holder.organisation?.kind !== 'individual') throw recordErrors.error('wallet-not-personal')
      // A person's own session would be refused here too: it can do what the person can.
      if (holder.kind !== 'site' || holder.roles.some((role) => role !== 'auditor')) {
        throw recordErrors.error('wallet-too-strong')
      }
    },
    read: async (token) => {
      try {
        const [{ balances }, { entries }] = await Promise.all([
          get(token, '/ledger/balances', Balances),
          get(token, '/ledger/entries?limit=50', Entries),
        ])
        return {
          // What a holder has is the person's to spend; escrow and the like are on their way elsewhere.
          balances: balances
            .filter(({ kind }) => kind === 'holder')
            .map(({ asset, available, pendingOut }) => ({ asset, available, held: pendingOut })),
          entries: entries
            .filter(({ kind }) => kind === 'holder')
            .map(({ kind: _, at, text, ...entry }) => ({ ...entry, at: Date.parse(at), text: text ?? null })),
        }
      } catch (error) {
        if (error instanceof TokenRefused) return 'refused'
        throw error
      }
    },
  }
}
