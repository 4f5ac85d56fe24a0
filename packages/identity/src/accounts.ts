import type { Clock } from '@bithive/kernel/clock'
import { type Sql, sqlState, type Tx } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import { PASSWORD_MAX_CHARACTERS, PASSWORD_MIN_CHARACTERS } from './engine.ts'
import { signInErrors } from './errors.ts'
import { mustNormaliseLogin } from './login-name.ts'

export type NewUser = {
  readonly login: string
  readonly password: string
  /** Made here unless the caller needs it before: `usr_…`. */
  readonly userId?: string
}

/** What may be done with accounts from inside the process; no route reaches these. */
export type Accounts = {
  /** @throws sign-in.login-not-usable, login-taken, password-too-short */
  readonly createUser: (user: NewUser, tx?: Tx) => Promise<{ userId: string }>
  /** Sets a password without asking for the old one, and ends every session. @throws sign-in.no-such-user */
  readonly setPassword: (user: { userId: string; password: string }) => Promise<void>
  /**
   * A new password, no passkey and no session of before, in one transaction with `alongside`.
   * @throws sign-in.no-such-user, password-too-short
   */
  readonly resetSignIn: (
    user: { userId: string; password: string },
    alongside: (tx: Tx) => Promise<void>,
  ) => Promise<void>
  readonly revokeSessions: (userId: string) => Promise<number>
  /** Removes the account with its sessions, password and passkeys. */
  readonly removeUser: (userId: string, tx?: Tx) => Promise<void>
}

/** @throws sign-in.password-too-short */
function mustBePassword(password: string): void {
  if (password.length < PASSWORD_MIN_CHARACTERS || password.length > PASSWORD_MAX_CHARACTERS) {
    throw signInErrors.error('password-too-short', { least: PASSWORD_MIN_CHARACTERS, most: PASSWORD_MAX_CHARACTERS })
  }
}

export function createAccounts(deps: {
  sql: Sql
  clock: Clock
  ids: Ids
  indexOf: (login: string) => string
  hashPassword: (password: string) => Promise<string>
}): Accounts {
  const { sql, clock, ids } = deps
  const revokeSessions = async (userId: string) =>
    (await sql`DELETE FROM auth.sessions WHERE "userId" = ${userId}`).count
  return {
    createUser: async ({ login, password, userId = ids.next('usr') }, tx) => {
      const email = deps.indexOf(mustNormaliseLogin(login))
      mustBePassword(password)
      const hash = await deps.hashPassword(password)
      const now = new Date(clock.now())
      const insert = async (on: Tx) => {
        await on`INSERT INTO auth.users (id, name, email, "emailVerified", "createdAt", "updatedAt")
          VALUES (${userId}, '', ${email}, false, ${now}, ${now})`
        await on`INSERT INTO auth.accounts (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
          VALUES (${ids.next('acc')}, ${userId}, 'credential', ${userId}, ${hash}, ${now}, ${now})`
      }
      try {
        await (tx ? insert(tx) : sql.begin(insert))
      } catch (error) {
        if (sqlState(error) === '23505') throw signInErrors.error('login-taken')
        throw error
      }
      return { userId }
    },
    setPassword: async ({ userId, password }) => {
      mustBePassword(password)
      const hash = await deps.hashPassword(password)
      const changed = await sql`UPDATE auth.accounts SET password = ${hash}, "updatedAt" = ${new Date(clock.now())}
        WHERE "userId" = ${userId} AND "providerId" = 'credential'`
      if (changed.count === 0) throw signInErrors.error('no-such-user')
      await revokeSessions(userId)
    },
    resetSignIn: async ({ userId, password }, alongside) => {
      mustBePassword(password)
      const hash = await deps.hashPassword(password)
      await sql.begin(async (tx) => {
        await alongside(tx)
        const changed = await tx`UPDATE auth.accounts SET password = ${hash}, "updatedAt" = ${new Date(clock.now())}
          WHERE "userId" = ${userId} AND "providerId" = 'credential'`
        if (changed.count === 0) throw signInErrors.error('no-such-user')
        await tx`DELETE FROM auth.passkeys WHERE "userId" = ${userId}`
        await tx`DELETE FROM auth.sessions WHERE "userId" = ${userId}`
      })
    },
    revokeSessions,
    removeUser: async (userId, tx) => {
      await (tx ?? sql)`DELETE FROM auth.users WHERE id = ${userId}`
    },
  }
}
