import type { BackupsAnswer } from '@bithive/api/operations'
import type { Audit } from '@bithive/kernel/audit'
import { actorOf, createRoutes, type HttpEnv, mustAllow, readJson } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import { z } from 'zod'
import { operationsErrors } from './errors.ts'
import { mayOperate } from './policy.ts'
import type { BackupsPort } from './ports.ts'

const Named = z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,79}$/) })

/**
 * `/operations/backups…`. Restoring is not offered: it wants an empty folder and a stopped house, and whoever could do
 * it from a browser could put yesterday's books over today's.
 */
export function createBackupRoutes(deps: { backups: BackupsPort | undefined; audit: Audit }): Hono<HttpEnv> {
  const routes = createRoutes()
  const mustHave = (): BackupsPort => {
    if (!deps.backups) throw operationsErrors.error('not-in-a-house')
    return deps.backups
  }

  routes.get('/operations/backups', async (c) => {
    mustAllow(mayOperate(actorOf(c)))
    const backups = mustHave()
    const [{ path, sameDisk, freeBytes }, list] = await Promise.all([backups.folder(), backups.list()])
    const run = backups.run()
    const { restoreCommand } = backups
    const answer = { folder: path, sameDisk, freeBytes, backups: list, restoreCommand, ...(run ? { run } : {}) }
    return c.json(answer satisfies BackupsAnswer)
  })

  /** Answers at once; how it goes is in the list. */
  routes.post('/operations/backups', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayOperate(actor))
    const backups = mustHave()
    const act = { orgId: actor.orgId, actorId: actor.id, action: 'operations.backup-started', resource: 'house' }
    await deps.audit.record(act)
    return c.json(await backups.start(), 202)
  })

  /** Body `{ name }`. */
  routes.post('/operations/backups/drill', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayOperate(actor))
    const backups = mustHave()
    const { name } = await readJson(c, Named)
    const act = { orgId: actor.orgId, actorId: actor.id, action: 'operations.drill-started', resource: name }
    await deps.audit.record(act)
    return c.json(await backups.drill(name), 202)
  })

  /** What opens the backups, to be written down and kept elsewhere. */
  routes.post('/operations/backups/passphrase', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayOperate(actor))
    const backups = mustHave()
    const act = { orgId: actor.orgId, actorId: actor.id, action: 'operations.passphrase-shown', resource: 'house' }
    await deps.audit.record(act)
    return c.json({ passphrase: await backups.passphrase() })
  })
  return routes
}
