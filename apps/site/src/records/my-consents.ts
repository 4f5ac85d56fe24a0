import type { MyConsent, MyConsentRequest, MyConsents, WithdrawalEffect } from '@bithive/api/patient'
import type { Actor } from '@bithive/kernel/actor'
import type { Consent, ConsentRequest } from '../consent/index.ts'
import { consentErrors } from '../consent/index.ts'
import type { OrderOfPerson, RecordsDeps } from './deps.ts'
import { createSeen, type Seen } from './seen-actor.ts'

/** More orders than one person has; the list is read whole, because an effect must count every one. */
const MOST = 10_000
const REASON = 'by the person'

export type Me = { readonly actor: Actor; readonly personId: string }

function stateOf(consent: Consent, now: number): MyConsent['state'] {
  if (consent.revokedAt !== null) return 'withdrawn'
  if (now >= consent.to) return 'expired'
  return now < consent.from ? 'not-yet' : 'active'
}

function outcomeOf(deps: RecordsDeps, consentId: string, orders: readonly OrderOfPerson[]): MyConsent['outcome'] {
  const counts = new Map<string, { analyses: number; reports: number }>()
  for (const order of orders) {
    if (!order.consentIds.includes(consentId)) continue
    const count = counts.get(order.workload) ?? { analyses: 0, reports: 0 }
    counts.set(order.workload, {
      analyses: count.analyses + 1,
      reports: count.reports + (order.reportId === null ? 0 : 1),
    })
  }
  return [...counts].map(([workload, count]) => ({
    workload,
    title: deps.workloadTitle(workload) ?? { zh: workload, en: workload },
    ...count,
  }))
}

/** The person's own side of the consent register. Every act takes the person from the account's link. */
export function myConsents(deps: RecordsDeps) {
  const { consent } = deps
  const ordersOf = (personId: string) => deps.orders.ofPerson(personId, { limit: MOST })

  const toMine = async (one: Consent, orders: readonly OrderOfPerson[], seen: Seen): Promise<MyConsent> => {
    const { personId: _, recordedBy, revokedBy, ...rest } = one
    return {
      ...rest,
      state: stateOf(one, deps.clock.now()),
      givenBy: await seen(recordedBy),
      withdrawnBy: revokedBy === null ? null : await seen(revokedBy),
      outcome: outcomeOf(deps, one.consentId, orders),
    }
  }
  const toAsked = async (one: ConsentRequest, seen: Seen): Promise<MyConsentRequest> => {
    const { personId: _, consentId: __, requestedBy, ...rest } = one
    return { ...rest, requestedBy: await seen(requestedBy) }
  }

  /** «Not mine» and «not there» are one answer. @throws consent.unknown */
  const mustBeMine = async (consentId: string, personId: string) => {
    const found = await consent.find(consentId)
    if (found?.personId !== personId) throw consentErrors.error('unknown')
    return found
  }

  const effectOf = async (one: Consent, orders: readonly OrderOfPerson[]): Promise<WithdrawalEffect> => {
    const effect = { stops: 0, goesOn: 0, otherwiseAllowed: 0, filed: 0 }
    for (const order of orders) {
      if (!order.consentIds.includes(one.consentId)) continue
      if (order.reportId !== null) effect.filed++
      if (order.ended) continue
      const { purpose, dataClass, tier } = order
      const use = { personId: one.personId, purpose, dataClass, tier, at: deps.clock.now() }
      if (order.handedOver) effect.goesOn++
      else if ((await consent.mayUseWithout(use, one.consentId)).ok) effect.otherwiseAllowed++
      else effect.stops++
    }
    return effect
  }

  return {
    list: async ({ actor, personId }: Me): Promise<MyConsents> => {
      const seen = createSeen(deps, actor.id)
      const orders = await ordersOf(personId)
      const [given, asked] = [await consent.history(personId), await consent.requestsOf(personId)]
      return {
        consents: await Promise.all(given.map((one) => toMine(one, orders, seen))),
        requests: await Promise.all(asked.map((one) => toAsked(one, seen))),
        hospital: deps.hospital,
      }
    },
    /** What a withdrawal now would do. It is told before, and what was done after: the orders may move in between. */
    effect: async (consentId: string, { personId }: Me): Promise<WithdrawalEffect> =>
      effectOf(await mustBeMine(consentId, personId), await ordersOf(personId)),
    withdraw: async (consentId: string, { actor, personId }: Me) => {
      await mustBeMine(consentId, personId)
      const after = await consent.withdraw(consentId, actor, REASON)
      const orders = await ordersOf(personId)
      const mine = await toMine(after, orders, createSeen(deps, actor.id))
      return { consent: mine, effect: await effectOf(after, orders) }
    },
    giveAgain: async (consentId: string, { actor, personId }: Me): Promise<MyConsent> => {
      await mustBeMine(consentId, personId)
      const made = await consent.giveAgain(consentId, { actor, self: personId })
      return toMine(made, await ordersOf(personId), createSeen(deps, actor.id))
    },
    answer: async (requestId: string, answer: 'agree' | 'decline', { actor, personId }: Me) => {
      const mine = (await consent.requestsOf(personId)).some((one) => one.requestId === requestId)
      if (!mine) throw consentErrors.error('unknown-request')
      return toAsked(await consent.answer(requestId, { answer, actor, self: personId }), createSeen(deps, actor.id))
    },
  }
}
