import type { FundingView } from '@bithive/api/treasury'
import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { formatAmount } from '@bithive/kernel/money'
import { bankAccounts, depositsOf, keepReference } from './bank-store.ts'
import { makeReference, randomBody, spacedReference } from './creditor-reference.ts'
import { treasuryErrors } from './errors.ts'
import { maySeeFunding } from './policy.ts'
import { type Room, SCALES } from './ports.ts'

const MOST_DEPOSITS = 100

/** What an organisation needs to add money, and what arrived for it so far. */
export async function viewFunding(room: Room, actor: Actor): Promise<FundingView> {
  mustAllow(maySeeFunding(actor))
  const currency = room.rules.accountingCurrency
  const open = room.rules.allows('bank-funding', room.clock.now()).ok
  const accounts = (await bankAccounts(room.db.app)).filter((one) => one.currency === currency)
  return room.db.asOrg(actor.orgId, async (tx) => {
    const [own] = await tx<{ reference: string }[]>`
      SELECT reference FROM treasury.funding_references WHERE org_id = ${actor.orgId} AND asset = ${currency}`
    const deposits = await depositsOf(tx, MOST_DEPOSITS)
    return {
      ...{ open, currency, reference: own?.reference ?? null },
      spacedReference: own ? spacedReference(own.reference) : null,
      accounts: [...accounts],
      deposits: deposits.map(({ id, amount, currency: asset, bookedOn, state }) => ({
        ...{ entryId: id, amount: formatAmount(amount, SCALES[asset] ?? 0), currency: asset, bookedOn, state },
      })),
    }
  })
}

/**
 * Gives the organisation its payment reference (ISO 11649), the same one at every request.
 * @throws rules.shut, treasury.no-bank-account
 */
export async function requestReference(room: Room, actor: Actor): Promise<FundingView> {
  mustAllow(maySeeFunding(actor))
  room.rules.mustAllow('bank-funding', room.clock.now())
  const asset = room.rules.accountingCurrency
  const accounts = await bankAccounts(room.db.app)
  if (!accounts.some(({ currency }) => currency === asset)) throw treasuryErrors.error('no-bank-account')
  const reference = makeReference(randomBody(room.randomness.bytes(16)))
  const { orgId, id: actorId } = actor
  await room.audit.record({ orgId, actorId, action: 'treasury.request-reference', resource: orgId })
  const made = { reference, orgId, asset, atMs: room.clock.now() }
  await room.db.asOrg(orgId, (tx) => keepReference(tx, made))
  return viewFunding(room, actor)
}
