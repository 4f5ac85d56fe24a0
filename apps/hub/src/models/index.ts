import type { WorkloadCard } from '@bithive/api/workload'
import type { Audit } from '@bithive/kernel/audit'
import type { Clock } from '@bithive/kernel/clock'
import type { Database, RoomMigrations } from '@bithive/kernel/database'
import type { HttpEnv } from '@bithive/kernel/http'
import { bundledWorkloads } from '@bithive/workloads'
import type { Hono } from 'hono'
import { readOwnModels } from './own-models.ts'
import type { ModelUsePort } from './ports.ts'
import { createModelRoutes } from './routes.ts'
import { allAuthors, authorOrg, setAuthor } from './store.ts'

/** The numbered SQL files of this room. */
export const modelsMigrations: RoomMigrations = {
  room: 'models',
  directory: new URL('./migrations/', import.meta.url),
}

export type ModelsDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly audit: Audit
  readonly useOf: ModelUsePort
}

/** A workload that ships with the product: its card and the digest pinned for its sources. */
export type Listed = { readonly card: WorkloadCard; readonly digest: string; readonly authorOrgId: string }

export type Models = {
  /** Mount under `/hub/v1`. */
  readonly routes: Hono<HttpEnv>
  /** The workload, when it is bundled and its author is an organisation of this network; nobody else is ever paid. */
  readonly workloadOf: (workload: string, version: string) => Promise<Listed | undefined>
  /** The organisation that publishes the workload. */
  readonly authorOf: (workload: string) => Promise<string | undefined>
  /** Says which organisation an author's key stands for. Saying the same again changes nothing. */
  readonly nameAuthor: (author: { authorKey: string; orgId: string; namedBy: string }) => Promise<void>
  /** Keys on the cards, for whoever sets a hub up. */
  readonly authorKeys: () => string[]
}

/** First form of the registry: the workloads that ship with the product, with the organisations that wrote them. */
export function createModels(deps: ModelsDeps): Models {
  const find = (workload: string) => bundledWorkloads.find(({ card }) => card.id === workload)
  const authorOf = async (workload: string) => {
    const found = find(workload)
    return found && authorOrg(deps.db.worker, found.card.author.key)
  }
  return {
    routes: createModelRoutes({
      own: async (orgId, zone) => {
        const authors = await allAuthors(deps.db.worker)
        const authorKeys = [...authors].filter(([, author]) => author === orgId).map(([key]) => key)
        const carried = bundledWorkloads.filter(({ card }) => authorKeys.includes(card.author.key))
        return readOwnModels(deps, { orgId, authorKeys, carried }, zone)
      },
      list: async () => {
        const authors = await allAuthors(deps.db.worker)
        return bundledWorkloads.map(({ card, digest }) => {
          const authorOrgId = authors.get(card.author.key)
          return { card, digest, ...(authorOrgId === undefined ? {} : { authorOrgId }) }
        })
      },
    }),
    workloadOf: async (workload, version) => {
      const found = find(workload)
      if (found?.card.version !== version) return undefined
      const authorOrgId = await authorOf(workload)
      return authorOrgId === undefined ? undefined : { card: found.card, digest: found.digest, authorOrgId }
    },
    authorOf,
    nameAuthor: async ({ authorKey, orgId, namedBy }) => {
      const facts = { authorKey }
      await deps.audit.record({ orgId, actorId: namedBy, action: 'models.name-author', resource: orgId, facts })
      await setAuthor(deps.db.worker, { authorKey, orgId }, deps.clock.now())
    },
    authorKeys: () => [...new Set(bundledWorkloads.map(({ card }) => card.author.key))].sort(),
  }
}
