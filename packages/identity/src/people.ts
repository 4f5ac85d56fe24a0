import type { Clock } from '@bithive/kernel/clock'
import type { DataKeys } from '@bithive/kernel/data-keys'
import type { Database, Tx } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import { mustNormaliseLogin } from './login-name.ts'
import { memberErrors } from './member-errors.ts'
import type { SignIn } from './sign-in.ts'

export type NewPerson = {
  readonly login: string
  readonly password: string
  /** As shown to colleagues. */
  readonly name: string
  /** Drawn here unless the caller speaks of the person before: `usr_…`. */
  readonly personId?: string
}

export type Person = {
  readonly personId: string
  readonly name: string
  readonly login: string
  readonly state: 'active' | 'disabled' | 'forgotten'
}

export type PeopleDeps = {
  readonly db: Pick<Database, 'app' | 'worker'>
  readonly signIn: Pick<SignIn, 'createUser' | 'removeUser' | 'revokeSessions'>
  readonly dataKeys: Pick<DataKeys, 'encrypt' | 'decrypt' | 'destroy'>
  readonly clock: Clock
  readonly ids: Ids
  /** Roles that two people give. */
  readonly powerful: readonly string[]
}

export type People = {
  /** Makes the account and the person in one transaction; `alongside` adds to it. @throws as SignIn.createUser */
  readonly create: (person: NewPerson, alongside?: Alongside) => Promise<{ personId: string }>
  /** Name and login are empty when the person was forgotten. */
  readonly byId: (personId: string) => Promise<Person | undefined>
  /** A disabled person's sessions end at once. @throws members.unknown-person */
  readonly setState: (personId: string, state: 'active' | 'disabled') => Promise<void>
  /**
   * Removes the account and the memberships and destroys the data key, so that name and login are unreadable in
   * old backups too. The id stays: audit and ledger speak of it. Safe to repeat.
   */
  readonly forget: (personId: string) => Promise<void>
}

type Alongside = { readonly orgId: string; readonly run: (tx: Tx, personId: string) => Promise<void> }
type Row = { id: string; login_sealed: Uint8Array | null; name_sealed: Uint8Array | null; state: Person['state'] }

const NAME_AAD = 'auth.people.name'
const LOGIN_AAD = 'auth.people.login'

/** People who sign in here. What names them is sealed under a data key of their own (law 12). */
export function createPeople(deps: PeopleDeps): People {
  const { db, signIn, dataKeys, clock, ids } = deps
  const open = async (personId: string, sealed: Uint8Array | null, aad: string) =>
    sealed === null ? '' : new TextDecoder().decode(await dataKeys.decrypt(personId, sealed, aad))
  const seal = (personId: string, text: string, aad: string) =>
    dataKeys.encrypt(personId, new TextEncoder().encode(text), aad)
  return {
    create: async ({ login, password, name, personId = ids.next('usr') }, alongside) => {
      const loginSealed = await seal(personId, mustNormaliseLogin(login), LOGIN_AAD)
      const nameSealed = await seal(personId, name, NAME_AAD)
      await db.app.begin(async (tx) => {
        await signIn.createUser({ login, password, userId: personId }, tx)
        await tx`INSERT INTO auth.people (id, login_sealed, name_sealed, state, created_at)
          VALUES (${personId}, ${loginSealed}, ${nameSealed}, 'active', ${new Date(clock.now())})`
        if (alongside) {
          await tx`SELECT set_config('bithive.org_id', ${alongside.orgId}, true)`
          await alongside.run(tx, personId)
        }
      })
      return { personId }
    },
    byId: async (personId) => {
      const [row] = await db.app<Row[]>`
        SELECT id, login_sealed, name_sealed, state FROM auth.people WHERE id = ${personId}`
      if (!row) return undefined
      const name = await open(personId, row.name_sealed, NAME_AAD)
      return { personId, name, login: await open(personId, row.login_sealed, LOGIN_AAD), state: row.state }
    },
    setState: async (personId, state) => {
      const changed = await db.app`
        UPDATE auth.people SET state = ${state} WHERE id = ${personId} AND state <> 'forgotten'`
      if (changed.count === 0) throw memberErrors.error('unknown-person')
      if (state === 'disabled') await signIn.revokeSessions(personId)
    },
    forget: async (personId) => {
      await db.worker.begin(async (tx) => {
        await tx`UPDATE auth.people SET login_sealed = NULL, name_sealed = NULL, state = 'forgotten'
          WHERE id = ${personId}`
        await tx`UPDATE auth.organisations o SET power_taken_at = ${new Date(clock.now())} FROM auth.memberships m
          WHERE m.person_id = ${personId} AND m.org_id = o.id AND m.roles && ${[...deps.powerful]}`
        await tx`DELETE FROM auth.memberships WHERE person_id = ${personId}`
        await signIn.removeUser(personId, tx)
      })
      await dataKeys.destroy(personId)
    },
  }
}
