import postgres from 'postgres'
import type { Sql } from './types.ts'

export type ConnectOptions = {
  readonly database?: string
  readonly user?: string
  readonly password?: string
  /** Most connections of this pool; 1 gives one session, which session locks need. */
  readonly max?: number
  readonly connectTimeoutSeconds?: number
  readonly applicationName?: string
  /** The server ends a transaction in which nothing was asked for so long: what waits behind its locks goes on. */
  readonly idleInTransactionMs?: number
}

/**
 * Opens a pool. The URL may be `postgres://user:password@host:port/database`, or carry `?host=/directory` (as in
 * libpq) for a UNIX socket, which postgres.js alone does not read. `sslmode` is honoured; other parameters are
 * server settings of the session.
 */
export function connect(url: string, options: ConnectOptions = {}): Sql {
  const parsed = new URL(url)
  const settings = Object.fromEntries(parsed.searchParams)
  const { host = parsed.hostname || 'localhost', sslmode, ...session } = settings
  const ssl = sslmode === undefined || sslmode === 'disable' ? false : (sslmode as 'require' | 'prefer' | 'verify-full')
  const idle = options.idleInTransactionMs
  return postgres({
    host,
    port: Number(parsed.port || 5432),
    database: options.database ?? databaseOf(url),
    username: options.user ?? decodeURIComponent(parsed.username),
    password: options.password ?? decodeURIComponent(parsed.password),
    max: options.max ?? 10,
    connect_timeout: options.connectTimeoutSeconds ?? 30,
    ssl,
    types: { bigint: postgres.BigInt },
    onnotice: () => {},
    connection: {
      application_name: options.applicationName ?? 'bithive',
      ...(idle === undefined ? {} : { idle_in_transaction_session_timeout: idle }),
      ...session,
    },
  }) as Sql
}

/** The database a URL names, or `postgres`. */
export function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1)) || 'postgres'
}

/** The same server, another database. */
export function withDatabase(url: string, database: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${encodeURIComponent(database)}`
  return parsed.toString()
}

/** The SQLSTATE of an error that PostgreSQL raised, or the code of a socket error. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}
