import type { MyReport } from '@bithive/api/patient'
import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { identifierErrors } from '../identifiers/index.ts'
import type { RecordsDeps } from './deps.ts'
import { listTimeline } from './list-timeline.ts'
import { type Me, myConsents } from './my-consents.ts'
import { myWallets } from './my-wallet.ts'
import { plainFigures } from './plain-figures.ts'
import { maySeeOwnRecords } from './policy.ts'

export type { RecordsDeps } from './deps.ts'
export { recordErrors } from './errors.ts'
export { recordRoutes } from './routes.ts'

export const recordsMigrations = {
  room: 'records',
  directory: new URL('./migrations/', import.meta.url),
} as const

/** What a patient sees of the own data. Every act begins with `me`: the person comes from the link, from nowhere else. */
export type Records = {
  /** @throws http.forbidden for whoever is no patient here, identifiers.not-linked */
  readonly me: (actor: Actor) => Promise<Me>
  readonly consents: ReturnType<typeof myConsents>
  readonly timeline: ReturnType<typeof listTimeline>
  /** @throws reports.unknown also for another person's, reports.not-ready */
  readonly report: (reportId: string, me: Me) => Promise<MyReport>
  readonly wallet: Omit<ReturnType<typeof myWallets>, 'erase'>
  /** For the sample, whose invented patient has a wallet from the start. Safe to repeat. */
  readonly connectWallet: (wallet: { readonly userId: string; readonly token: string }) => Promise<void>
  /** For the vault when somebody is forgotten. */
  readonly eraser: { readonly room: string; readonly erase: (personId: string) => Promise<void> }
}

export function createRecords(given: RecordsDeps): Records {
  const deps = { ...given, log: given.log.child({ room: 'records' }) }
  const { erase, ...wallet } = myWallets(deps)
  const me: Records['me'] = async (actor) => {
    mustAllow(maySeeOwnRecords(actor))
    const found = await deps.personOf(actor)
    if (!found) throw identifierErrors.error('not-linked')
    return { actor, personId: found.personId }
  }
  return {
    me,
    consents: myConsents(deps),
    timeline: listTimeline(deps),
    report: async (reportId, { actor, personId }) => {
      const { fhir, workload, ...own } = await deps.reports.readOwn(reportId, { actorId: actor.id, personId })
      const title = deps.workloadTitle(workload) ?? { zh: workload, en: workload }
      return { ...own, title, figures: plainFigures(fhir) }
    },
    wallet,
    connectWallet: async ({ userId, token }) => {
      const actor = { id: userId, kind: 'person', orgId: deps.orgId, roles: ['patient'] } as const
      await wallet.connect(await me(actor), token)
    },
    eraser: { room: 'records', erase },
  }
}
