import type postgres from 'postgres'

/** A pool of connections; `int8` comes back as `bigint`. */
export type Sql = postgres.Sql<{ bigint: bigint }>

/** One transaction on one connection. */
export type Tx = postgres.TransactionSql<{ bigint: bigint }>

/** Which of the two databases: value lives at the hub, patients' data at the site. */
export type DatabaseName = 'hub' | 'site'

export type Database = {
  readonly name: DatabaseName
  /** Role `<name>_app`: owns nothing, sees rows only through row-level security. */
  readonly app: Sql
  /** Role `<name>_worker`: rooms' workers that act over all organisations. */
  readonly worker: Sql
  /**
   * Runs in one transaction with `bithive.org_id` set, so that row-level security shows and accepts this
   * organisation's rows only.
   */
  readonly asOrg: <T>(orgId: string, run: (tx: Tx) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/** A room's numbered SQL files: `001-name.sql`, `002-name.sql` … */
export type RoomMigrations = { readonly room: string; readonly directory: URL }

/** Where a caller keeps the passwords of the roles. The same name must always give the same secret. */
export type RoleSecrets = { readonly get: (name: string) => Promise<string> }
