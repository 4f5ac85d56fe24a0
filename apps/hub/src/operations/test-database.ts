import type { DatabaseTest } from '@bithive/api/operations'
import type { Audit } from '@bithive/kernel/audit'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { HousePort } from './ports.ts'

/** Writes a record durably and reads it back, through the very roles and policies that everything else uses. */
export async function testDatabase(
  deps: {
    readonly house: HousePort
    readonly db: Database
    readonly audit: Audit
    readonly clock: Clock
    readonly ids: Ids
  },
  orgId: string,
): Promise<DatabaseTest> {
  const { house, db, audit, clock, ids } = deps
  const startedAt = clock.now()
  const resource = ids.next('probe')
  await audit.record({ orgId, actorId: 'system', action: 'setup.database-probe', resource })
  const [found] = await db.asOrg(
    orgId,
    (tx) => tx<{ n: number }[]>`
      SELECT count(*)::int AS n FROM kernel.audit_event WHERE org_id = ${orgId} AND resource = ${resource}`,
  )
  const elapsedMs = clock.now() - startedAt
  const [server] = await db.app<{ version: string; bytes: string }[]>`
    SELECT current_setting('server_version') AS version, pg_database_size(current_database())::text AS bytes`
  return {
    ...{ ok: found?.n === 1, version: server?.version ?? '', embedded: house.embeddedDatabase },
    ...{ bytes: Number(server?.bytes ?? 0), elapsedMs },
  }
}
