import { type Actor, systemActor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { mustAllow } from '@bithive/kernel/http'
import type { IdentifiersDeps } from './deps.ts'
import { identifierErrors } from './errors.ts'
import { hmac, openFields } from './identify-person.ts'
import * as links from './link-store.ts'
import { mayClaim, mayInvite } from './policy.ts'
import * as store from './store.ts'

const INVITATION_TTL_MS = 72 * 3_600_000
/** Wrong birth dates that one code bears, and codes of any kind that one account may try in an hour. */
const TRIES_PER_CODE = 5
const TRIES_PER_ACCOUNT = 5
const TRY_WINDOW_MS = 3_600_000

/** Crockford base 32: no I, L, O and U. Eight of them are 40 bits, which five tries an hour never reach. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

function newCode(random: Uint8Array): string {
  const text = [...random].map((byte) => ALPHABET[byte & 31]).join('')
  return `${text.slice(0, 4)}-${text.slice(4, 8)}`
}

/** As people type it: any case, any spaces and hyphens, full width, O for 0 and I or L for 1. */
export function normaliseCode(typed: string): string | undefined {
  const text = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\-–—_.·]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1')
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(text) ? text : undefined
}

export type PersonLinks = {
  /**
   * Makes a code for a registered person; the one before it is worthless from now on.
   * @throws http.forbidden, identifiers.unknown-person, forgotten, no-birth-date, already-linked
   */
  readonly invite: (personId: string, actor: Actor) => Promise<{ readonly code: string; readonly expiresAt: number }>
  /**
   * Links the actor's account to the person that the code was made for.
   * @param second what the patient knows: the birth date, `YYYY-MM-DD`
   * @throws http.forbidden, identifiers.too-many-tries, wrong-code, already-linked
   */
  readonly claim: (actor: Actor, code: string, second: { readonly birthDate: string }) => Promise<void>
  /** The person that this actor's account stands for: who «self» is. Never taken from a request. */
  readonly personOf: (actor: Actor) => Promise<{ readonly personId: string; readonly since: number } | undefined>
  /** @throws http.forbidden, identifiers.unknown-person */
  readonly linkOf: (
    personId: string,
    actor: Actor,
  ) => Promise<{ state: 'none' | 'invited' | 'linked'; since: number | null; expiresAt: number | null }>
  /** By staff for a person, or by the patient for the own account. Repeating it changes nothing. */
  readonly unlink: (personId: string, actor: Actor, reason: string) => Promise<void>
  /** Without a code: for the sample and for imports by the process itself. Safe to repeat. */
  readonly linkPatient: (link: { readonly userId: string; readonly personId: string }) => Promise<void>
  /** Removes what leads from an account to this person, for forgetting. */
  readonly eraseLink: (personId: string) => Promise<void>
}

export function linkPerson(deps: IdentifiersDeps): PersonLinks {
  const { orgId, clock } = deps
  const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(orgId, run)
  const accountHash = (userId: string) => hmac(deps.lookupKey, 'link-account', userId)
  const personHash = (personId: string) => hmac(deps.lookupKey, 'link-person', personId)
  const codeHash = (code: string) => hmac(deps.lookupKey, 'invitation', code)
  const context = (userId: string) => `identifiers.link:${userId}`
  const note = (actorId: string, action: string, resource: string, facts: Record<string, string> = {}) =>
    deps.audit.record({ orgId, actorId, action, resource, facts })

  const mustFind = async (personId: string) => {
    const row = await asSite((tx) => store.findPerson(tx, personId))
    if (!row) throw identifierErrors.error('unknown-person')
    if (row.forgettingAtMs !== null || row.fields === null) throw identifierErrors.error('forgotten', { personId })
    return { ...row, fields: row.fields }
  }

  /** Writes the link, and with it the end of the invitation that it came from. @throws identifiers.already-linked */
  const write = async (link: { userId: string; personId: string; invitedBy: string; invitationId?: string }) => {
    const { userId, personId, invitationId } = link
    const row = {
      orgId,
      accountHash: accountHash(userId),
      personHash: personHash(personId),
      personSealed: await deps.dataKeys.encrypt(userId, Buffer.from(personId), context(userId)),
      invitedBy: link.invitedBy,
      nowMs: clock.now(),
    }
    await asSite(async (tx) => {
      if (invitationId && !(await links.useInvitation(tx, invitationId))) throw identifierErrors.error('wrong-code')
      if (!(await links.insertLink(tx, row))) throw identifierErrors.error('already-linked')
      await links.forgetTries(tx, row.accountHash)
    })
  }

  const personOf: PersonLinks['personOf'] = async (actor) => {
    if (!mayClaim(actor).ok || actor.orgId !== orgId) return undefined
    const row = await asSite((tx) => links.findLinkOfAccount(tx, accountHash(actor.id)))
    if (!row) return undefined
    try {
      const plain = await deps.dataKeys.decrypt(actor.id, row.personSealed, context(actor.id))
      const personId = Buffer.from(plain).toString('utf8')
      const person = await asSite((tx) => store.findPerson(tx, personId))
      // Between the mark and the erasure nothing of the person is shown any more.
      if (!person || person.forgettingAtMs !== null) return undefined
      return { personId, since: row.createdAtMs }
    } catch (error) {
      if (isDomainError(error, 'kernel.person-forgotten')) return undefined
      throw error
    }
  }

  const claim: PersonLinks['claim'] = async (actor, typed, { birthDate }) => {
    mustAllow(mayClaim(actor))
    const counted = await asSite((tx) =>
      links.countTry(tx, {
        ...{ orgId, accountHash: accountHash(actor.id), nowMs: clock.now(), windowMs: TRY_WINDOW_MS },
      }),
    )
    if (counted.tries > TRIES_PER_ACCOUNT) {
      const retryAfterMs = Math.max(1_000, counted.sinceMs + TRY_WINDOW_MS - clock.now())
      throw identifierErrors.error('too-many-tries', { retryAfterMs })
    }
    if (await asSite((tx) => links.findLinkOfAccount(tx, accountHash(actor.id)))) {
      throw identifierErrors.error('already-linked')
    }
    const left = { triesLeft: TRIES_PER_ACCOUNT - counted.tries }
    const code = normaliseCode(typed)
    const invitation =
      code &&
      (await asSite((tx) =>
        links.tryInvitation(tx, { codeHash: codeHash(code), nowMs: clock.now(), maxTries: TRIES_PER_CODE }),
      ))
    // A wrong code and a wrong date get one answer: nobody learns that a code is somebody's.
    if (!invitation) throw identifierErrors.error('wrong-code', left)
    const { personId, invitationId } = invitation
    const person = await mustFind(personId)
    const fields = await openFields(deps, personId, person.fields)
    if (fields.birthDate === '' || fields.birthDate !== birthDate.replaceAll('-', '')) {
      await asSite((tx) => links.endTriedOut(tx, invitationId, TRIES_PER_CODE))
      await note(actor.id, 'person.link-refused', personId, { why: 'birth-date' })
      throw identifierErrors.error('wrong-code', left)
    }
    await note(actor.id, 'person.link', personId, { invitationId, invitedBy: invitation.createdBy })
    await write({ userId: actor.id, personId, invitedBy: invitation.createdBy, invitationId })
  }

  return {
    personOf,
    claim,
    invite: async (personId, actor) => {
      mustAllow(mayInvite(actor))
      const person = await mustFind(personId)
      if ((await openFields(deps, personId, person.fields)).birthDate === '') {
        throw identifierErrors.error('no-birth-date', { personId })
      }
      if (await asSite((tx) => links.findLinkOfPerson(tx, personHash(personId)))) {
        throw identifierErrors.error('already-linked')
      }
      const code = newCode(deps.randomness.bytes(8))
      const invitationId = deps.ids.next('inv')
      const nowMs = clock.now()
      const expiresAt = nowMs + INVITATION_TTL_MS
      await note(actor.id, 'person.invite', personId, { invitationId })
      const row = { invitationId, orgId, personId, createdBy: actor.id, nowMs, expiresAtMs: expiresAt }
      const hash = codeHash(normaliseCode(code) as string)
      await asSite((tx) => links.replaceInvitation(tx, { ...row, codeHash: hash }))
      return { code, expiresAt }
    },
    linkOf: async (personId, actor) => {
      mustAllow(mayInvite(actor))
      await mustFind(personId)
      return asSite(async (tx) => {
        const link = await links.findLinkOfPerson(tx, personHash(personId))
        if (link) return { state: 'linked', since: link.createdAtMs, expiresAt: null }
        const open = await links.findOpenInvitation(tx, personId, clock.now())
        return open
          ? { state: 'invited', since: null, expiresAt: open.expiresAtMs }
          : { state: 'none', since: null, expiresAt: null }
      })
    },
    unlink: async (personId, actor, reason) => {
      const self = (await personOf(actor))?.personId === personId
      if (!self) mustAllow(mayInvite(actor))
      await note(actor.id, 'person.unlink', personId, { reason })
      await asSite(async (tx) => {
        await links.withdrawInvitations(tx, personId)
        await links.removeLinkOfPerson(tx, personHash(personId))
      })
    },
    linkPatient: async ({ userId, personId }) => {
      await mustFind(personId)
      const known = await asSite((tx) => links.findLinkOfAccount(tx, accountHash(userId)))
      const other = await asSite((tx) => links.findLinkOfPerson(tx, personHash(personId)))
      const same = known && other && Buffer.compare(known.accountHash, other.accountHash) === 0
      if (same) return
      await note(systemActor().id, 'person.link', personId, { userId })
      await write({ userId, personId, invitedBy: systemActor().id })
    },
    eraseLink: (personId) =>
      asSite(async (tx) => {
        await links.withdrawInvitations(tx, personId)
        await links.removeLinkOfPerson(tx, personHash(personId))
      }),
  }
}
