import { type Actor, systemActor } from '@bithive/kernel/actor'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import { checkInput } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import type { Live } from '@bithive/kernel/live'
import { type AskConsent, askConsent } from './ask-consent.ts'
import { decideUse } from './decide-use.ts'
import { consentErrors } from './errors.ts'
import {
  decideRelease,
  type Release,
  type ReleaseRule,
  type ReleaseSubject,
  SITE_RELEASE_RULES,
} from './release-rules.ts'
import * as requests from './request-store.ts'
import { type Consent, NewConsent, type NewConsentInput, type UseDecision, type UseRequest } from './schema.ts'
import * as store from './store.ts'

export { consentErrors } from './errors.ts'
export { consentRoutes } from './routes.ts'
export type { Consent, ConsentRequest, NewConsentInput, UseRequest } from './schema.ts'

export const consentMigrations = {
  room: 'consent',
  directory: new URL('./migrations/', import.meta.url),
} as const

export type ConsentDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly ids: Ids
  readonly audit: {
    readonly record: (event: {
      orgId: string
      actorId: string
      action: string
      resource: string
      facts?: Readonly<Record<string, string | number | boolean>>
    }) => Promise<void>
  }
  /** The site's own organisation: where data come from, and the only one that tier 3 may go to. */
  readonly orgId: string
  /** Port to the vault: consents are recorded only for people who exist and were not forgotten. */
  readonly isForgotten: (personId: string) => Promise<boolean>
  readonly releaseRules?: readonly ReleaseRule[]
  /** What staff write for a person is sealed under that person's key. */
  readonly dataKeys: {
    readonly encrypt: (personId: string, bytes: Uint8Array, context: string) => Promise<Uint8Array>
    readonly decrypt: (personId: string, bytes: Uint8Array, context: string) => Promise<Uint8Array>
  }
  readonly live?: Pick<Live, 'publish'>
}

type PersonWithConsents = {
  readonly personId: string
  readonly active: number
  readonly open: number
  readonly lastAt: number
}

export type ConsentRegister = AskConsent & {
  /** @throws consent.unknown-person, consent.bad-period */
  readonly record: (input: NewConsentInput, actor: Actor) => Promise<Consent>
  /** Effective at once for every later `mayUse`. Repeating it changes nothing. @throws consent.unknown */
  readonly withdraw: (consentId: string, actor: Actor, reason: string) => Promise<Consent>
  readonly find: (consentId: string) => Promise<Consent | undefined>
  /** Every consent that was ever given, newest first, with its withdrawal. */
  readonly history: (personId: string) => Promise<Consent[]>
  /** Who has given, withdrawn or been asked for a consent; those with the newest change first. */
  readonly listPeople: (page: {
    readonly before?: { readonly at: number; readonly personId: string }
    readonly limit: number
  }) => Promise<PersonWithConsents[]>
  /** Deny by default, read from the table each time: nothing is cached, so a withdrawal counts at once. */
  readonly mayUse: (request: UseRequest) => Promise<UseDecision>
  /** The same as if this consent were not there: what a withdrawal would leave. */
  readonly mayUseWithout: (request: UseRequest, consentId: string) => Promise<UseDecision>
  /** How far a series may go by the site's own rules. */
  readonly release: (subject: ReleaseSubject) => Release
  /** For the vault when somebody is forgotten. */
  readonly eraser: { readonly room: string; readonly erase: (personId: string) => Promise<void> }
}

export function createConsent(deps: ConsentDeps): ConsentRegister {
  const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(deps.orgId, run)
  const find = (consentId: string) => asSite((tx) => store.findConsent(tx, consentId))
  const history = (personId: string) => asSite((tx) => store.listOfPerson(tx, personId))
  const note = (actor: Actor, action: string, consent: Consent) =>
    deps.audit.record({
      orgId: deps.orgId,
      actorId: actor.id,
      action,
      resource: consent.consentId,
      facts: { personId: consent.personId, purpose: consent.purpose, dataClass: consent.dataClass },
    })
  const tell = (personId: string) => deps.live?.publish(deps.orgId, { topic: 'consents', id: personId })
  return {
    ...askConsent(deps, tell),
    find,
    history,
    record: async (input, actor) => {
      const checked = checkInput(NewConsent, input)
      const nowMs = deps.clock.now()
      if (checked.to <= checked.from || checked.to <= nowMs) throw consentErrors.error('bad-period')
      if (await deps.isForgotten(checked.personId)) throw consentErrors.error('unknown-person')
      const row = { ...checked, consentId: deps.ids.next('con'), orgId: deps.orgId, recordedBy: actor.id, nowMs }
      const made = await asSite((tx) => store.insertConsent(tx, row))
      await note(actor, 'consent.recorded', made)
      tell(made.personId)
      return made
    },
    withdraw: async (consentId, actor, reason) => {
      const nowMs = deps.clock.now()
      await asSite((tx) => store.revoke(tx, { consentId, by: actor.id, reason, nowMs }))
      const after = await find(consentId)
      if (!after) throw consentErrors.error('unknown')
      await note(actor, 'consent.withdrawn', after)
      tell(after.personId)
      return after
    },
    listPeople: ({ before, limit }) =>
      asSite((tx) => store.listPeople(tx, { before: before ?? null, limit, nowMs: deps.clock.now() })),
    mayUse: async (request) => decideUse(await history(request.personId), request, deps.orgId),
    mayUseWithout: async (request, consentId) => {
      const others = (await history(request.personId)).filter((one) => one.consentId !== consentId)
      return decideUse(others, request, deps.orgId)
    },
    release: (subject) => decideRelease(subject, deps.releaseRules ?? SITE_RELEASE_RULES),
    eraser: {
      room: 'consent',
      erase: async (personId) => {
        const by = systemActor().id
        const nowMs = deps.clock.now()
        await asSite(async (tx) => {
          await store.revokeAll(tx, { personId, by, reason: 'person-forgotten', nowMs })
          await requests.withdrawRequests(tx, personId, by, nowMs)
        })
      },
    },
  }
}
