import type { GrantStatement, GrantView } from '@bithive/api/treasury'
import { formatAmount } from '@bithive/kernel/money'
import { type GrantRow, type ReleaseRow, releasesOf, termsOf } from './grant-store.ts'
import { figuresOf } from './grants.ts'
import { type Room, type Runner, SCALES } from './ports.ts'
import { stepsOf, timeOfStep, vestedAfter } from './vesting.ts'

/** Points of a plot; a schedule of more steps is thinned out, its first and last step stay. */
const MOST_POINTS = 200

async function viewOf(room: Room, grant: GrantRow, releases: readonly ReleaseRow[]): Promise<GrantView> {
  const figures = figuresOf(grant, releases, room.clock.now())
  const scale = SCALES[grant.asset] ?? 0
  const organisation = await room.organisationOf(grant.orgId)
  const running = grant.state === 'running' && figures.step < figures.steps
  const terms = termsOf(grant)
  const refused = grant.state === 'refused'
  const locked = refused ? 0n : grant.amount - figures.released - figures.returned
  return {
    ...{ grantId: grant.id, orgId: grant.orgId, name: organisation?.name ?? null, source: grant.source },
    ...{ asset: grant.asset, amount: formatAmount(grant.amount, scale), vested: formatAmount(figures.vested, scale) },
    released: formatAmount(figures.released, scale),
    returned: formatAmount(figures.returned, scale),
    locked: formatAmount(locked, scale),
    ...{ startAt: terms.startAtMs, cliffMs: terms.cliffMs, durationMs: terms.durationMs, stepMs: terms.stepMs },
    ...{ steps: figures.steps, step: figures.step },
    nextAt: running ? timeOfStep(terms, figures.step + 1) : null,
    revocable: grant.revocable,
    revokedAt: grant.revokedAt === null ? null : Number(grant.revokedAt),
    state: grant.state,
    sample: room.rules.sample,
  }
}

export async function viewGrants(room: Room, sql: Runner, grants: readonly GrantRow[]): Promise<GrantView[]> {
  const views: GrantView[] = []
  for (const grant of grants) views.push(await viewOf(room, grant, await releasesOf(sql, grant.id)))
  return views
}

/** A grant with its schedule and everything that was released: the supporter's statement. */
export async function viewGrantStatement(room: Room, sql: Runner, grant: GrantRow): Promise<GrantStatement> {
  const releases = await releasesOf(sql, grant.id)
  const terms = termsOf(grant)
  const scale = SCALES[grant.asset] ?? 0
  const steps = stepsOf(terms)
  const stride = Math.ceil(steps / MOST_POINTS)
  const points = Array.from({ length: steps }, (_, index) => index + 1).filter((n) => n % stride === 0 || n === steps)
  // Steps before the cliff vest with it, so they stand at its time, the last of them with their sum.
  const at = new Map(points.map((step) => [timeOfStep(terms, step), vestedAfter(terms, step)]))
  return {
    grant: await viewOf(room, grant, releases),
    schedule: [...at].map(([time, vested]) => ({ at: time, vested: formatAmount(vested, scale) })),
    releases: releases.map((one) => ({
      ...{ fromStep: one.fromStep, toStep: one.toStep, amount: formatAmount(one.amount, scale) },
      ...{ writtenAt: Number(one.writtenAt), bookedAt: one.bookedAt === null ? null : Number(one.bookedAt) },
    })),
  }
}
