import { randomBytes } from 'node:crypto'
import type postgres from 'postgres'
import type { Log } from '../log.ts'
import { connect, sqlState } from './connect.ts'
import { databaseErrors } from './errors.ts'
import { scramVerifier } from './role-password.ts'
import type { DatabaseName, RoleSecrets, Sql } from './types.ts'

/** Session locks of the kernel, cluster-wide by convention: two processes never create the same thing at once. */
export const PROVISION_LOCK = 7_201_001
export const MIGRATE_LOCK = 7_201_002

export type RoleKind = 'app' | 'worker'

export function roleName(name: DatabaseName, kind: RoleKind): string {
  return `${name}_${kind}`
}

async function missing(
  sql: Sql,
  name: DatabaseName,
  database: string,
): Promise<{ roles: string[]; database: boolean }> {
  const wanted = [roleName(name, 'app'), roleName(name, 'worker')]
  const roles = await sql<{ rolname: string }[]>`SELECT rolname FROM pg_roles WHERE rolname = ANY(${wanted})`
  const databases = await sql`SELECT 1 FROM pg_database WHERE datname = ${database}`
  const found = new Set(roles.map((role) => role.rolname))
  return { roles: wanted.filter((role) => !found.has(role)), database: databases.length === 0 }
}

/** Only this database's own roles may open it: the site's must not reach the hub's data, nor the other way round. */
export async function guardDatabase(sql: Pick<Sql, 'unsafe'>, name: DatabaseName, database: string): Promise<void> {
  const quoted = `"${database.replaceAll('"', '""')}"`
  await sql.unsafe(`REVOKE ALL ON DATABASE ${quoted} FROM PUBLIC`)
  await sql.unsafe(`GRANT CONNECT ON DATABASE ${quoted} TO ${roleName(name, 'app')}, ${roleName(name, 'worker')}`)
}

async function setPassword(sql: Pick<Sql, 'unsafe'>, role: string, secrets: RoleSecrets, verb: string): Promise<void> {
  const verifier = scramVerifier(await secrets.get(role), randomBytes(16))
  const limits = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS'
  await sql.unsafe(`${verb} ROLE ${role} ${verb === 'CREATE' ? limits : ''} PASSWORD '${verifier}'`)
}

async function withLock<T>(
  sql: Sql,
  run: (session: postgres.ReservedSql<{ bigint: bigint }>) => Promise<T>,
): Promise<T> {
  const session = await sql.reserve()
  try {
    await session`SELECT pg_advisory_lock(${PROVISION_LOCK})`
    return await run(session)
  } finally {
    await session`SELECT pg_advisory_unlock(${PROVISION_LOCK})`.catch(() => undefined)
    session.release()
  }
}

export type ProvisionDeps = {
  readonly url: string
  readonly name: DatabaseName
  readonly database: string
  readonly secrets: RoleSecrets
  readonly log: Log
}

/**
 * Creates the two roles and the database when they are missing. Several processes may do it at once.
 * @throws database.unreachable, role-secret-needed
 */
export async function provision(deps: ProvisionDeps): Promise<void> {
  const { name, database, secrets, log } = deps
  const sql = connect(deps.url, { max: 1 })
  try {
    const before = await missing(sql, name, database)
    if (before.roles.length === 0 && !before.database) return
    await withLock(sql, async (session) => {
      const now = await missing(session as unknown as Sql, name, database)
      for (const role of now.roles) await setPassword(session, role, secrets, 'CREATE')
      if (now.database) {
        const locale = `LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'`
        await session.unsafe(`CREATE DATABASE "${database}" TEMPLATE template0 ENCODING 'UTF8' ${locale}`)
        await guardDatabase(session, name, database)
      }
      log.info({ database, roles: now.roles.length, created: now.database }, 'Prepared the database and its roles')
    })
  } catch (error) {
    throw asUnreachable(error)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Gives a role the caller's password again, after its secrets were replaced or restored. */
export async function resetPassword(deps: ProvisionDeps, kind: RoleKind): Promise<void> {
  const sql = connect(deps.url, { max: 1 })
  try {
    await withLock(sql, (session) => setPassword(session, roleName(deps.name, kind), deps.secrets, 'ALTER'))
    deps.log.warn({ role: roleName(deps.name, kind) }, 'Set the password of a database role anew')
  } finally {
    await sql.end({ timeout: 5 })
  }
}

const SOCKET_ERRORS = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EHOSTUNREACH', 'ETIMEDOUT', 'CONNECT_TIMEOUT'])
const LOGIN_ERRORS = new Set(['28P01', '28000', '3D000', '57P03', '53300'])

/** Turns "cannot reach" and "may not log in" into our own error; anything else stays what it is. */
export function asUnreachable(error: unknown): unknown {
  const code = sqlState(error)
  if (code && (SOCKET_ERRORS.has(code) || LOGIN_ERRORS.has(code))) {
    return databaseErrors.error('unreachable', { sqlState: code }, error)
  }
  return error
}
