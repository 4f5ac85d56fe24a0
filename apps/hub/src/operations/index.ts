import type { Audit } from '@bithive/kernel/audit'
import { createAuditRoutes } from '@bithive/kernel/audit-routes'
import { createAuditSearch } from '@bithive/kernel/audit-search'
import { actorOf, createRoutes, type HttpEnv, mustAllow } from '@bithive/kernel/http'
import type { Worker } from '@bithive/kernel/worker'
import type { Hono } from 'hono'
import type { Identity } from '../identity/index.ts'
import type { Ledger } from '../ledger/index.ts'
import { createBackupRoutes } from './backup-routes.ts'
import { createLedgerDeskRoutes } from './ledger-routes.ts'
import { mayOperate, mayReadAudit } from './policy.ts'
import { createSetupRoutes, type SetupDeps } from './setup-routes.ts'
import { createHealth, type Health, type HealthDeps } from './watch-health.ts'

export { operationsErrors } from './errors.ts'
export type { BackupsPort, HousePort, SetupPort } from './ports.ts'

export type OperationsDeps = HealthDeps &
  SetupDeps & {
    readonly ledger: Ledger
    readonly audit: Audit
    readonly organisation: Identity['organisation']
  }

export type Operations = {
  /** Mount under `/hub/v1`. */
  readonly routes: Hono<HttpEnv>
  readonly workers: readonly Worker[]
  readonly health: Health['read']
}

/** What those who run the network look at: health, the audit, the books, backups, and the first set-up. */
export function createOperations(deps: OperationsDeps): Operations {
  const log = deps.log.child({ room: 'operations' })
  const health = createHealth({ ...deps, log })
  const routes = createRoutes()
  routes.get('/operations/health', async (c) => {
    mustAllow(mayOperate(actorOf(c)))
    return c.json(await health.read())
  })
  routes.route(
    '/',
    createAuditRoutes({
      ...{ audit: deps.audit, search: createAuditSearch(deps), clock: deps.clock },
      mayRead: mayReadAudit,
      maySeeChains: mayOperate,
      nameOf: async (orgId) => (await deps.organisation(orgId))?.name,
    }),
  )
  routes.route('/', createLedgerDeskRoutes(deps))
  routes.route('/', createBackupRoutes({ backups: deps.house?.backups, audit: deps.audit }))
  routes.route('/', createSetupRoutes(deps))
  return { routes, workers: [health.worker], health: health.read }
}
