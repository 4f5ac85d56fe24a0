import { type MyWallet, WalletBalance, WalletEntry } from '@bithive/api/patient'
import type { Actor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { z } from 'zod'
import type { RecordsDeps } from './deps.ts'
import type { Me } from './my-consents.ts'
import * as store from './store.ts'
import { createWalletPort, type WalletContent } from './wallet-port.ts'

const Connection = z.strictObject({ token: z.string(), userId: z.string() })
const Content = z.strictObject({ balances: z.array(WalletBalance), entries: z.array(WalletEntry) })

const context = (personId: string) => `records.wallet:${personId}`
const lastContext = (personId: string) => `records.wallet-last:${personId}`

export type MyWallets = {
  readonly read: (me: Me) => Promise<MyWallet>
  /** @throws records.wallet-code, wallet-too-strong, wallet-not-personal, network-unreachable */
  readonly connect: (me: Me, token: string) => Promise<void>
  readonly disconnect: (me: Me) => Promise<void>
  readonly erase: (personId: string) => Promise<void>
}

/** A person's purse at the network, seen from the hospital: read with the person's own token, kept nowhere in clear. */
export function myWallets(deps: RecordsDeps): MyWallets {
  const hub = createWalletPort(deps)
  const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(deps.orgId, run)
  const seal = (personId: string, value: unknown, place: string) =>
    deps.dataKeys.encrypt(personId, Buffer.from(JSON.stringify(value)), place)
  const open = async <T>(personId: string, bytes: Uint8Array, place: string, schema: z.ZodType<T>) =>
    schema.parse(JSON.parse(Buffer.from(await deps.dataKeys.decrypt(personId, bytes, place)).toString('utf8')))
  const note = (actor: Actor, action: string, personId: string) =>
    deps.audit.record({ orgId: deps.orgId, actorId: actor.id, action, resource: personId })

  const lastRead = async (personId: string, row: store.WalletRow): Promise<WalletContent | undefined> =>
    row.lastSealed === null ? undefined : open(personId, row.lastSealed, lastContext(personId), Content)

  const read: MyWallets['read'] = async ({ actor, personId }) => {
    const row = await asSite((tx) => store.findWallet(tx, personId))
    if (!row) return { state: 'not-connected' }
    const { token, userId } = await open(personId, row.sealed, context(personId), Connection)
    // Whoever is linked to the person later has not brought this token.
    if (userId !== actor.id) return { state: 'not-connected' }
    const found = await hub.read(token).catch((error: unknown) => {
      if (!isDomainError(error, 'records.network-unreachable')) throw error
      return 'unreachable' as const
    })
    if (found !== 'refused' && found !== 'unreachable') {
      const nowMs = deps.clock.now()
      const last = await seal(personId, found, lastContext(personId))
      await asSite((tx) => store.noteWalletRead(tx, { personId, sealed: row.sealed, last, nowMs }))
      return { state: 'connected', readAt: nowMs, ...found }
    }
    const last = await lastRead(personId, row)
    return { state: found, readAt: row.lastAt, balances: last?.balances ?? null, entries: last?.entries ?? null }
  }

  return {
    read,
    connect: async ({ actor, personId }, token) => {
      await hub.check(token)
      await note(actor, 'records.wallet-connected', personId)
      const sealed = await seal(personId, { token, userId: actor.id }, context(personId))
      await asSite((tx) => store.putWallet(tx, { personId, orgId: deps.orgId, sealed, nowMs: deps.clock.now() }))
    },
    disconnect: async ({ actor, personId }) => {
      const gone = await asSite((tx) => store.removeWallet(tx, personId))
      if (gone) await note(actor, 'records.wallet-disconnected', personId)
    },
    erase: async (personId) => void (await asSite((tx) => store.removeWallet(tx, personId))),
  }
}
