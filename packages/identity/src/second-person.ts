import type { Tx } from '@bithive/kernel/database'

const DAY_MS = 86_400_000
/** How long a powerful role waits where nobody could confirm it: long enough for somebody to notice. */
export const ALONE_WAIT_MS = 3 * DAY_MS
/** Whoever sent the second person away does not make another one so soon. */
export const POWER_TAKEN_MS = 30 * DAY_MS

/** Who gives without a second person: the process itself, and the one-time code of the first set-up. */
const OF_THE_HOUSE = new Set(['system', 'setup'])

/** Powerful roles that one person gave alone. They do not count yet. */
export type Awaiting = {
  readonly roles: readonly string[]
  readonly givenBy: string
  readonly since: number
  /** When they count although nobody confirmed: only where nobody else could. */
  readonly effectiveAt?: number
}

export type AwaitingRow = {
  readonly awaiting: string[]
  readonly awaiting_by: string | null
  readonly awaiting_since: Date | null
  readonly effective_at: Date | null
}

/** What of a row awaits a second person at this moment. */
export function awaitingOf(row: AwaitingRow, nowMs: number): Awaiting | undefined {
  const { awaiting, awaiting_by: givenBy, awaiting_since: since, effective_at: until } = row
  if (givenBy === null || since === null || (until !== null && until.getTime() <= nowMs)) return undefined
  const effective = until === null ? {} : { effectiveAt: until.getTime() }
  return { roles: awaiting, givenBy, since: since.getTime(), ...effective }
}

/** What somebody holds or would hold once confirmed: who may reset such a sign-in is judged by this. */
export const heldBy = (member: { readonly roles: readonly string[]; readonly awaiting?: Awaiting }): string[] => [
  ...member.roles,
  ...(member.awaiting?.roles ?? []),
]

export type Grant = {
  readonly orgId: string
  readonly personId: string
  /** What the member has that counts already. */
  readonly holds: readonly string[]
  readonly roles: readonly string[]
  readonly by: string
}

export type SecondPerson = {
  /** What of a grant has to wait, for the row that it is written to. */
  readonly judge: (tx: Tx, grant: Grant) => Promise<AwaitingRow>
  /** Notes that a powerful role of somebody counts no more. */
  readonly noteTaken: (
    tx: Tx,
    taken: { orgId: string; before: readonly string[]; after: readonly string[] },
  ) => Promise<void>
}

/**
 * The rule that a powerful role is given by two people.
 * @param powerful roles that it is about
 */
export function createSecondPerson({
  powerful,
  now,
}: {
  powerful: readonly string[]
  now: () => number
}): SecondPerson {
  return {
    judge: async (tx, { orgId, personId, holds, roles, by }) => {
      const awaiting = roles.filter((role) => powerful.includes(role) && !holds.includes(role))
      if (OF_THE_HOUSE.has(by) || awaiting.length === 0) {
        return { awaiting: [], awaiting_by: null, awaiting_since: null, effective_at: null }
      }
      const nowMs = now()
      // A suspended or disabled colleague is one still: else suspending the second person would be a way around.
      const [other] = await tx`SELECT FROM auth.memberships m JOIN auth.people p ON p.id = m.person_id
        WHERE m.org_id = ${orgId} AND m.person_id <> ${personId} AND m.person_id <> ${by} AND p.state <> 'forgotten'
          AND m.roles && ${[...powerful]}
          AND (m.effective_at <= ${new Date(nowMs)} OR EXISTS (
            SELECT FROM unnest(m.roles) role WHERE role = ANY(${[...powerful]}) AND role <> ALL(m.awaiting)))`
      const [place] = await tx<{ taken: Date | null }[]>`
        SELECT power_taken_at AS taken FROM auth.organisations WHERE id = ${orgId}`
      const soonest = Math.max(nowMs + ALONE_WAIT_MS, (place?.taken?.getTime() ?? 0) + POWER_TAKEN_MS)
      return {
        ...{ awaiting, awaiting_by: by, awaiting_since: new Date(nowMs) },
        effective_at: other ? null : new Date(soonest),
      }
    },
    noteTaken: async (tx, { orgId, before, after }) => {
      if (!before.some((role) => powerful.includes(role) && !after.includes(role))) return
      await tx`UPDATE auth.organisations SET power_taken_at = ${new Date(now())} WHERE id = ${orgId}`
    },
  }
}
