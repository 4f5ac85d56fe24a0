import { join } from 'node:path'
import type { Actor } from '@bithive/kernel/actor'
import { parseAmount } from '@bithive/kernel/money'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createSecrets, type Secrets } from '@bithive/kernel/secrets'
import { bundledWorkloads } from '@bithive/workloads'
import type { House } from '../house/open-house.ts'
import { SAMPLE_FUNDING_CNY_PER_SHARD, SAMPLE_ORGANISATIONS, type SampleOrganisation } from './organisations.ts'

export type PreparedSample = {
  /** Organisation id by the sample's own key. */
  readonly orgIdOf: (key: SampleOrganisation['key']) => string
  /** Every invented organisation, authors included, for tables. */
  readonly organisations: readonly {
    readonly orgId: string
    readonly slug: string
    readonly name: { readonly zh: string; readonly en: string }
  }[]
  readonly secrets: Secrets
  readonly siteToken: () => Promise<string>
  /** Token of the command for the sample hospital: it orders, runs nodes and reads the wallet. */
  readonly commandToken: () => Promise<string>
}

/** Who sets the sample up: the process itself, in the name of one organisation. */
export const sampleActor = (orgId: string, ...roles: string[]): Actor => ({
  id: 'system',
  kind: 'system',
  orgId,
  roles,
})

/** Every invented author of a bundled workload, under the key on its card. */
function authors() {
  const byKey = new Map(bundledWorkloads.map(({ card }) => [card.author.key, card.author.name]))
  return [...byKey].map(([key, name]) => ({ key, slug: `sample-author-${key}`.slice(0, 39).replace(/-+$/, ''), name }))
}

const ORDERER = ['orderer', 'node-operator'] as const

type NewOrganisation = Parameters<House['hub']['identity']['createOrganisation']>[0]

/** Finds the organisation by its short name, or creates it: a second start finds everything again. */
async function ensureOrganisation(house: House, organisation: NewOrganisation & { slug: string }): Promise<string> {
  const { identity } = house.hub
  const found = await identity.findOrganisation(organisation.slug)
  if (found) return found.orgId
  return (await identity.createOrganisation({ ...organisation, sample: true })).orgId
}

/** A service token is shown once, so it is kept; one that was lost is simply issued anew. */
export async function ensureToken(
  house: House,
  secrets: Secrets,
  token: { readonly orgId: string; readonly name: string; readonly scope: readonly TokenScope[] },
): Promise<string> {
  const known = await secrets.find(token.name)
  if (known && (await house.hub.identity.authenticate(bearer(house.url, known)))) return known
  const issued = await house.hub.identity.issueServiceToken(token)
  await secrets.put(token.name, issued.token)
  return issued.token
}

type TokenScope = Parameters<House['hub']['identity']['issueServiceToken']>[0]['scope'][number]

const bearer = (url: string, token: string) => new Request(url, { headers: { authorization: `Bearer ${token}` } })

/** Sets up the invented organisations, their authors, tokens and sample money. Safe to repeat. */
export async function prepareSample(house: House): Promise<PreparedSample> {
  const secrets = createSecrets({ directory: join(house.directory, 'sample'), randomness: systemRandomness })
  const { jurisdiction } = house.rules
  const ids = new Map<string, string>()
  const organisations: { orgId: string; slug: string; name: { zh: string; en: string } }[] = []
  for (const { key, kind, name } of SAMPLE_ORGANISATIONS) {
    const trusted = kind !== 'individual'
    const orgId = await ensureOrganisation(house, { slug: key, kind, name, jurisdiction, trusted })
    ids.set(key, orgId)
    organisations.push({ orgId, slug: key, name })
  }
  for (const { key, slug, name } of authors()) {
    const kind = 'research-institute'
    const orgId = await ensureOrganisation(house, { slug, kind, name, jurisdiction })
    await house.hub.models.nameAuthor({ authorKey: key, orgId, namedBy: 'system' })
    organisations.push({ orgId, slug, name })
  }
  const orgIdOf = (key: string) => ids.get(key) as string
  const hospital = orgIdOf('sample-hospital')
  await house.hub.treasury.fundSample(hospital, parseAmount(SAMPLE_FUNDING_CNY_PER_SHARD, 2))
  const siteToken = await ensureToken(house, secrets, { orgId: hospital, name: 'site-token', scope: ORDERER })
  const commandToken = await ensureToken(house, secrets, { orgId: hospital, name: 'command-token', scope: ORDERER })
  return {
    orgIdOf,
    organisations,
    secrets,
    siteToken: async () => siteToken,
    commandToken: async () => commandToken,
  }
}
