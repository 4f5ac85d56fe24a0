import {
  AdministratorInput,
  DicomDestination,
  DicomSender,
  OrganisationInput,
  type SetupState,
} from '@bithive/api/operations'
import type { Audit } from '@bithive/kernel/audit'
import type { Blobs } from '@bithive/kernel/blobs'
import { budgetOf } from '@bithive/kernel/client-address'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import { actorOf, createRoutes, type HttpEnv, mustAllow, readJson } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import { createRateLimiter, limitErrors } from '@bithive/kernel/limits'
import { parseAmount } from '@bithive/kernel/money'
import type { Rules } from '@bithive/kernel/rules'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import type { Ledger } from '../ledger/index.ts'
import type { Treasury } from '../treasury/index.ts'
import { operationsErrors } from './errors.ts'
import { mayOperate } from './policy.ts'
import type { HousePort } from './ports.ts'
import { testDatabase } from './test-database.ts'
import { testStorage } from './test-storage.ts'

export type SetupDeps = {
  readonly house: HousePort | undefined
  readonly db: Database
  readonly blobs: Blobs
  readonly audit: Audit
  readonly treasury: Pick<Treasury, 'fundSample' | 'settlement'>
  readonly ledger: Pick<Ledger, 'balance'>
  readonly rules: Rules
  readonly clock: Clock
  readonly ids: Ids
}

const CODE_HEADER = 'x-bithive-setup-code'
const Senders = z.strictObject({ senders: z.array(DicomSender).max(50) })
const Destination = z.strictObject({ destination: DicomDestination.nullable() })
const Folder = z.strictObject({ folder: z.string().min(1).max(1000) })
/** What an own house begins with under sample rules, on each ledger shard. */
const SAMPLE_FUNDING_CNY = '500.00'

type C = Context<HttpEnv>

/**
 * `/setup…`: the first-run wizard. Until somebody administers the house the one-time code of the start lets in; from
 * then on the operator's own session does, and the code is void. Every step may be repeated.
 */
export function createSetupRoutes(deps: SetupDeps): Hono<HttpEnv> {
  const { audit, clock } = deps
  const routes = createRoutes()
  const tries = createRateLimiter({ clock, capacity: 20, refillPerSecond: 20 / 60, maxKeys: 10_000 })

  const mustHave = (): HousePort => {
    if (!deps.house) throw operationsErrors.error('not-in-a-house')
    return deps.house
  }

  /** Who acts: the operator, or whoever brings the code while nobody administers the house. */
  const enter = async (c: C): Promise<{ house: HousePort; actorId: string; orgId: string }> => {
    const { house } = deps
    const code = c.req.header(CODE_HEADER)
    if (c.get('actor') || code === undefined || !(await house?.setup.isNeeded())) {
      const signedIn = actorOf(c)
      mustAllow(mayOperate(signedIn))
      return { house: mustHave(), actorId: signedIn.id, orgId: signedIn.orgId }
    }
    const taken = tries.take(budgetOf(c.get('remote')))
    if (!taken.ok) throw limitErrors.error('too-many-requests', { retryAfterMs: taken.retryAfterMs })
    if (!(await mustHave().setup.opens(code))) {
      await audit.record({ orgId: 'house', actorId: 'unknown', action: 'setup.code-refused', resource: 'house' })
      throw operationsErrors.error('setup-code-wrong')
    }
    return { house: mustHave(), actorId: 'setup', orgId: 'house' }
  }

  const state = async (house: HousePort): Promise<SetupState> => {
    const { rules, treasury, ledger } = deps
    const { backupChosen, organisation, ...known } = await house.setup.state()
    const [needed, folder, list] = await Promise.all([
      house.setup.isNeeded(),
      house.backups.folder(),
      house.backups.list(),
    ])
    const { asset } = treasury.settlement
    const balance = organisation ? await ledger.balance(organisation.orgId, asset) : undefined
    const [last] = list
    return {
      ...known,
      ...{ needed, administrator: !needed, profile: rules.profile, sample: rules.sample },
      jurisdiction: rules.jurisdiction,
      ...(organisation ? { organisation } : {}),
      backup: { folder: folder.path, chosen: backupChosen, ...(last ? { last } : {}) },
      funding: { sample: rules.sample, asset, funded: (balance?.posted ?? 0n) > 0n },
    }
  }

  const step = async (c: C, name: string, run: (house: HousePort, orgId: string) => Promise<unknown>) => {
    const { house, actorId, orgId } = await enter(c)
    await audit.record({ orgId, actorId, action: `setup.${name}`, resource: 'house' })
    return c.json((await run(house, orgId)) ?? (await state(house)))
  }

  /** For anybody: whether the house waits for its first person. */
  routes.get('/setup', async (c) => c.json({ needed: (await deps.house?.setup.isNeeded()) ?? false }))

  routes.get('/setup/state', async (c) => c.json(await state((await enter(c)).house)))

  routes.put('/setup/organisation', (c) =>
    step(c, 'organisation-named', async ({ setup }) => setup.nameOrganisation(await readJson(c, OrganisationInput))),
  )

  routes.post('/setup/administrator', (c) =>
    step(c, 'administrator-made', async ({ setup }) => {
      if (!(await setup.isNeeded())) throw operationsErrors.error('setup-over')
      await setup.createAdministrator(await readJson(c, AdministratorInput))
    }),
  )

  routes.put('/setup/senders', (c) =>
    step(c, 'senders-allowed', async ({ setup }) => setup.allowSenders((await readJson(c, Senders)).senders)),
  )

  routes.post('/setup/destination/test', (c) =>
    step(c, 'destination-tested', async ({ setup }) => setup.testDestination(await readJson(c, DicomDestination))),
  )

  routes.put('/setup/destination', (c) =>
    step(c, 'destination-set', async ({ setup }) =>
      setup.setDestination((await readJson(c, Destination)).destination ?? undefined),
    ),
  )

  routes.post('/setup/storage/test', (c) => step(c, 'storage-tested', (house) => testStorage({ ...deps, house })))

  routes.post('/setup/database/test', (c) =>
    step(c, 'database-tested', (house, orgId) => testDatabase({ ...deps, house }, orgId)),
  )

  routes.put('/setup/backup-folder', (c) =>
    step(c, 'backup-folder-set', async ({ setup }) => setup.setBackupFolder((await readJson(c, Folder)).folder)),
  )

  /** Sample money, once, and only under rules that say they are a sample. */
  routes.post('/setup/funding', (c) =>
    step(c, 'sample-funded', async (house) => {
      const { organisation } = await house.setup.state()
      if (!organisation) throw operationsErrors.error('organisation-first')
      if (!deps.rules.sample) throw operationsErrors.error('no-sample-money')
      await deps.treasury.fundSample(organisation.orgId, parseAmount(SAMPLE_FUNDING_CNY, 2))
    }),
  )

  routes.post('/setup/finish', (c) => step(c, 'finished', ({ setup }) => setup.finish()))
  return routes
}
