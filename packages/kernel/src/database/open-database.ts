import type { Log } from '../log.ts'
import { connect, sqlState } from './connect.ts'
import { databaseErrors } from './errors.ts'
import { asUnreachable, type ProvisionDeps, provision, type RoleKind, resetPassword, roleName } from './provision.ts'
import { derivedSecrets } from './role-password.ts'
import type { Database, DatabaseName, RoleSecrets, Sql, Tx } from './types.ts'

export type OpenOptions = {
  /** A superuser's or owner's URL; its own database may be any, and serves to create the one asked for. */
  readonly url: string
  readonly name: DatabaseName
  /** The database's name on the server; `name` unless told. */
  readonly database?: string
  readonly secrets?: RoleSecrets
  /** Most connections of each of the two pools. */
  readonly maxConnections?: number
  readonly log: Log
}

/**
 * Longer than any pause of ours within a transaction: a defect that waits for a second connection behind a lock, and
 * so for itself, ends by this instead of never.
 */
const IDLE_IN_TRANSACTION_MS = 60_000

async function openRole(deps: ProvisionDeps, kind: RoleKind, max: number): Promise<Sql> {
  const user = roleName(deps.name, kind)
  const password = await deps.secrets.get(user)
  const applicationName = `bithive ${deps.name} ${kind}`
  const options = { database: deps.database, user, password, max, applicationName }
  const open = () => connect(deps.url, { ...options, idleInTransactionMs: IDLE_IN_TRANSACTION_MS })
  const sql = open()
  try {
    await sql`SELECT 1`
    return sql
  } catch (error) {
    await sql.end({ timeout: 1 })
    if (sqlState(error) !== '28P01') throw asUnreachable(error)
  }
  await resetPassword(deps, kind)
  const again = open()
  await again`SELECT 1`
  return again
}

/**
 * Opens one database under its two roles, creating roles and database when they are missing.
 * @throws database.unreachable, role-secret-needed
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { url, name, log, maxConnections = 10 } = options
  const database = options.database ?? name
  const secrets = options.secrets ?? derivedSecrets(url)
  const deps: ProvisionDeps = { url, name, database, secrets, log }
  await provision(deps)
  const app = await openRole(deps, 'app', maxConnections)
  const worker = await openRole(deps, 'worker', maxConnections).catch(async (error) => {
    await app.end({ timeout: 1 })
    throw error
  })
  return {
    name,
    app,
    worker,
    asOrg: <T>(orgId: string, run: (tx: Tx) => Promise<T>) => {
      if (orgId === '') return Promise.reject(databaseErrors.error('org-needed'))
      return app.begin(async (tx) => {
        await tx`SELECT set_config('bithive.org_id', ${orgId}, true)`
        return run(tx)
      }) as Promise<T>
    },
    close: async () => {
      await Promise.all([app.end({ timeout: 5 }), worker.end({ timeout: 5 })])
    },
  }
}
