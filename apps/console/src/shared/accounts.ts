import { z } from 'zod'
import { ApiProblem, call, type Service } from './call.ts'
import type { Choice, OrganisationFacts } from './session.tsx'

const Organisation = z.object({
  orgId: z.string(),
  kind: z.string(),
  name: z.object({ zh: z.string(), en: z.string() }),
  sample: z.boolean(),
  jurisdiction: z.string().optional(),
  trusted: z.boolean().optional(),
})

const Membership = z.object({ orgId: z.string(), roles: z.array(z.string()), active: z.boolean() })

const Me = z.object({
  actorId: z.string(),
  roles: z.array(z.string()),
  organisation: Organisation.nullable(),
  name: z.string().default(''),
  login: z.string().default(''),
  memberships: z.array(Membership).default([]),
})

/** A signed-in person at one of the two services. */
export type Account = {
  readonly service: Service
  readonly actorId: string
  readonly name: string
  readonly login: string
  /** Roles in the organisation that the service acts for when none is named; those that come with another included. */
  readonly roles: readonly string[]
  readonly choices: readonly Choice[]
}

export type Accounts = { readonly site?: Account; readonly hub?: Account }

async function choicesOf(service: Service, me: z.infer<typeof Me>): Promise<Choice[]> {
  const active = me.memberships.filter((membership) => membership.active)
  const read = active.map(async ({ orgId }): Promise<Choice | undefined> => {
    // Roles that come with another are worked out by the server, for the organisation that a request names.
    const init = { orgId, signIn: false }
    const there = orgId === me.organisation?.orgId ? me : await call(Me, `/${service}/v1/me`, init)
    const organisation = there.organisation as OrganisationFacts | null
    return organisation ? { service, organisation, roles: there.roles } : undefined
  })
  return (await Promise.all(read)).filter((choice) => choice !== undefined)
}

/** Who is signed in at a service; undefined when nobody is, or when this house has no such service. */
export async function readAccount(service: Service): Promise<Account | undefined> {
  try {
    const me = await call(Me, `/${service}/v1/me`, { signIn: false })
    const { actorId, name, login, roles } = me
    return { service, actorId, name, login, roles, choices: await choicesOf(service, me) }
  } catch (error) {
    if (error instanceof ApiProblem && [401, 404].includes(error.problem.status)) return undefined
    throw error
  }
}

export async function readAccounts(services: readonly Service[]): Promise<Accounts> {
  const [site, hub] = await Promise.all(
    (['site', 'hub'] as const).map((one) => (services.includes(one) ? readAccount(one) : undefined)),
  )
  return { ...(site ? { site } : {}), ...(hub ? { hub } : {}) }
}
