import type { Actor } from '@bithive/kernel/actor'
import { canonicalJson } from '@bithive/kernel/canonical-json'
import { isDomainError } from '@bithive/kernel/errors'
import { checkInput, mustAllow } from '@bithive/kernel/http'
import { sha256Hex } from '@bithive/kernel/ids'
import { consentErrors } from './errors.ts'
import type { ConsentDeps } from './index.ts'
import { mayAnswer, type Self } from './policy.ts'
import * as requests from './request-store.ts'
import { type Consent, type ConsentRequest, NewConsentRequest, type NewConsentRequestInput } from './schema.ts'
import * as store from './store.ts'

const DAY_MS = 86_400_000
const context = (requestId: string) => `consent.request:${requestId}`

/**
 * The statement that a person made by pressing the button: who agreed to what, and when. Its hash is the evidence, and
 * it can be rebuilt from the row at any time.
 */
export function statementOf(consent: Omit<Consent, 'evidenceSha256' | 'revokedAt' | 'revokedBy' | 'revokedReason'>) {
  const { consentId, personId, purpose, dataClass, recipientKinds, recipientOrgId, regions, jurisdictions } = consent
  return canonicalJson({
    statement: 'given by the person at the own account',
    ...{ consentId, personId, purpose, dataClass, recipientKinds: [...recipientKinds], regions: [...regions] },
    ...(recipientOrgId === undefined ? {} : { recipientOrgId }),
    ...{ jurisdictions: [...jurisdictions], from: consent.from, to: consent.to },
    ...{ recordedBy: consent.recordedBy, recordedAt: consent.recordedAt },
  })
}

export type AskConsent = {
  /** @throws http.bad-request, consent.unknown-person, consent.bad-period */
  readonly request: (input: NewConsentRequestInput, actor: Actor) => Promise<ConsentRequest>
  readonly requestsOf: (personId: string) => Promise<ConsentRequest[]>
  /** @throws consent.unknown-request */
  readonly findRequest: (requestId: string) => Promise<ConsentRequest>
  /** By staff who asked in error. @throws consent.unknown-request, already-answered */
  readonly withdrawRequest: (requestId: string, actor: Actor) => Promise<ConsentRequest>
  /** The person's own answer, once. @throws http.forbidden, consent.unknown-request, already-answered */
  readonly answer: (
    requestId: string,
    given: { readonly answer: 'agree' | 'decline'; readonly actor: Actor; readonly self: Self },
  ) => Promise<ConsentRequest>
  /** The same terms again, for as long as before. @throws http.forbidden, consent.unknown, still-valid */
  readonly giveAgain: (consentId: string, given: { readonly actor: Actor; readonly self: Self }) => Promise<Consent>
}

export function askConsent(deps: ConsentDeps, tell: (personId: string) => void): AskConsent {
  const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(deps.orgId, run)
  const note = (actor: Actor, action: string, resource: string, facts: Record<string, string>) =>
    deps.audit.record({ orgId: deps.orgId, actorId: actor.id, action, resource, facts })

  const view = async ({ whySealed, recipientOrgId, ...row }: requests.RequestRow): Promise<ConsentRequest> => {
    const isOver = row.state === 'requested' && row.answerBy <= deps.clock.now()
    let why = ''
    try {
      why = Buffer.from(await deps.dataKeys.decrypt(row.personId, whySealed, context(row.requestId))).toString('utf8')
    } catch (error) {
      // Of somebody who was forgotten only the terms are left.
      if (!isDomainError(error, 'kernel.person-forgotten')) throw error
    }
    const org = recipientOrgId === null ? {} : { recipientOrgId }
    return { ...row, ...org, state: isOver ? 'expired' : row.state, why }
  }

  const find = async (requestId: string) => {
    const row = await asSite((tx) => requests.findRequest(tx, requestId))
    if (!row) throw consentErrors.error('unknown-request')
    return row
  }

  /** Writes a consent with the person's own statement as its evidence. */
  const newRow = (terms: Omit<ConsentRequest, 'why'> | Consent, lastsMs: number, actor: Actor) => {
    const nowMs = deps.clock.now()
    const { personId, purpose, dataClass, recipientKinds, recipientOrgId, regions, jurisdictions } = terms
    const row = {
      ...{ consentId: deps.ids.next('con'), personId, purpose, dataClass, recipientKinds, regions, jurisdictions },
      ...(recipientOrgId === undefined ? {} : { recipientOrgId }),
      ...{ from: nowMs, to: nowMs + lastsMs, recordedBy: actor.id },
    }
    const evidenceSha256 = sha256Hex(statementOf({ ...row, recordedAt: nowMs }))
    return { ...row, evidenceSha256, orgId: deps.orgId, nowMs }
  }

  const answer: AskConsent['answer'] = async (requestId, { answer: given, actor, self }) => {
    const asked = await view(await find(requestId))
    mustAllow(mayAnswer(asked.personId, self))
    const nowMs = deps.clock.now()
    const answered = await asSite(async (tx) => {
      const state = given === 'agree' ? 'agreed' : 'declined'
      const by = { requestId, state, by: actor.id, nowMs } as const
      if (given === 'decline') return requests.answerRequest(tx, by)
      const row = newRow(asked, asked.days * DAY_MS, actor)
      const done = await requests.answerRequest(tx, { ...by, consentId: row.consentId })
      if (done) await store.insertConsent(tx, row)
      return done
    })
    if (!answered) throw consentErrors.error('already-answered')
    const { personId, purpose, consentId } = answered
    const facts = { personId, purpose, ...(consentId === null ? {} : { consentId }) }
    await note(actor, given === 'agree' ? 'consent.agreed' : 'consent.declined', requestId, facts)
    tell(personId)
    return view(answered)
  }

  const giveAgain: AskConsent['giveAgain'] = async (consentId, { actor, self }) => {
    const made = await asSite(async (tx) => {
      const old = await store.lockConsent(tx, consentId)
      if (!old) throw consentErrors.error('unknown')
      mustAllow(mayAnswer(old.personId, self))
      const nowMs = deps.clock.now()
      // A second press finds what the first one made.
      const same = (await store.listOfPerson(tx, old.personId)).find(
        (one) => one.revokedAt === null && one.to > nowMs && sameTerms(one, old),
      )
      if (same) throw consentErrors.error('still-valid', { consentId: same.consentId })
      return store.insertConsent(tx, newRow(old, old.to - old.from, actor))
    })
    const { personId, purpose, dataClass } = made
    await note(actor, 'consent.recorded', made.consentId, { personId, purpose, dataClass, again: consentId })
    tell(personId)
    return made
  }

  return {
    request: async (input, actor) => {
      const { why, ...asked } = checkInput(NewConsentRequest, input)
      const nowMs = deps.clock.now()
      if (asked.answerBy <= nowMs) throw consentErrors.error('bad-period')
      if (await deps.isForgotten(asked.personId)) throw consentErrors.error('unknown-person')
      const requestId = deps.ids.next('crq')
      const whySealed = await deps.dataKeys.encrypt(asked.personId, Buffer.from(why), context(requestId))
      const { recipientOrgId = null, ...terms } = asked
      const row = { ...terms, recipientOrgId, requestId, whySealed, orgId: deps.orgId }
      const made = await asSite((tx) =>
        requests.insertRequest(tx, { ...row, requestedBy: actor.id, requestedAt: nowMs }),
      )
      await note(actor, 'consent.requested', requestId, { personId: made.personId, purpose: made.purpose })
      tell(made.personId)
      return view(made)
    },
    requestsOf: async (personId) =>
      Promise.all((await asSite((tx) => requests.listRequests(tx, personId))).map((row) => view(row))),
    findRequest: async (requestId) => view(await find(requestId)),
    withdrawRequest: async (requestId, actor) => {
      const { personId } = await find(requestId)
      const by = { requestId, state: 'withdrawn', by: actor.id, nowMs: deps.clock.now() } as const
      const done = await asSite((tx) => requests.answerRequest(tx, by))
      if (!done) throw consentErrors.error('already-answered')
      await note(actor, 'consent.request-withdrawn', requestId, { personId })
      tell(personId)
      return view(done)
    },
    answer,
    giveAgain,
  }
}

const termsOf = ({ purpose, dataClass, recipientKinds, recipientOrgId, regions, jurisdictions }: Consent) =>
  JSON.stringify([
    ...[purpose, dataClass, recipientOrgId ?? ''],
    ...[recipientKinds, regions, jurisdictions].map((list) => [...list].sort()),
  ])

const sameTerms = (one: Consent, other: Consent) => termsOf(one) === termsOf(other)
