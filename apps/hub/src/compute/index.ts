import type { Server } from 'node:http'
import type { JobOrder, NodeTokenOrder } from '@bithive/api/compute'
import type { Actor } from '@bithive/kernel/actor'
import type { RoomMigrations } from '@bithive/kernel/database'
import type { HttpEnv } from '@bithive/kernel/http'
import type { Worker } from '@bithive/kernel/worker'
import type { Hono } from 'hono'
import { createNodeConnections } from './connect-node.ts'
import { countJobsAndNodes, type MarketCounts } from './count-market.ts'
import { layPenDown } from './hold-pen.ts'
import { viewJob } from './job-view.ts'
import { issueJoinToken } from './join-node.ts'
import { createJobHolds } from './known-holds.ts'
import { orderJob } from './order-job.ts'
import { defineComputeParameters } from './parameters.ts'
import { ALLOCATOR } from './place-jobs.ts'
import type { ComputeDeps, Room } from './ports.ts'
import { type JobMoney, readJobMoney } from './read-job-money.ts'
import { readWorkloadUse, type WorkloadUse } from './read-workload-use.ts'
import { createComputeRoutes } from './routes.ts'
import { createSignals, orgOfJobs, SIGNAL } from './signals.ts'
import { computeWorkers } from './workers.ts'

export { computeErrors } from './errors.ts'
export { JOB_STATES } from './lifecycle.ts'
export type { Organisation } from './policy.ts'
export type { ComputeDeps, ListedWorkload } from './ports.ts'
export type { JobMoney } from './read-job-money.ts'

/** The numbered SQL files of this room. */
export const computeMigrations: RoomMigrations = {
  room: 'compute',
  directory: new URL('./migrations/', import.meta.url),
}

export type Compute = {
  /** Mount under `/hub/v1`. */
  readonly routes: Hono<HttpEnv>
  readonly workers: readonly Worker[]
  /** Takes the nodes' WebSockets at `/hub/v1/nodes/connect` of this server. */
  readonly attach: (server: Server) => void
  /** Closes the nodes' connections and lays the pen down; call it once the workers have stopped. */
  readonly stop: () => Promise<void>
  /** Counts by state, for a status page. */
  readonly counts: () => Promise<MarketCounts>
  /** @throws compute.unknown-workload, insufficient-funds, too-many-open-jobs, request-conflict */
  readonly orderJob: (actor: Actor, order: JobOrder) => ReturnType<typeof viewJob>
  /** What money moved for, by job: for rooms above that decide who is shown what. */
  readonly jobMoneyOf: (jobIds: readonly string[]) => Promise<ReadonlyMap<string, JobMoney>>
  /** Use and royalties of the workloads of one author's organisation, royalties by the spans given. */
  readonly useOf: (
    authorOrgId: string,
    spans: readonly { readonly from: number; readonly until: number }[],
  ) => Promise<WorkloadUse[]>
  readonly issueJoinToken: (actor: Actor, order: NodeTokenOrder) => ReturnType<typeof issueJoinToken>
}

/** The compute market of the hub: nodes join, jobs are ordered, placed, computed elsewhere, checked and paid. */
export async function createCompute(deps: ComputeDeps): Promise<Compute> {
  await defineComputeParameters(deps.parameters)
  const log = deps.log.child({ room: 'compute' })
  const tellPages = (name: string) => {
    const orgId = orgOfJobs(name)
    if (orgId !== undefined) deps.live?.publish(orgId, { topic: 'jobs' })
  }
  const room: Room = { ...deps, log, signals: createSignals(tellPages), hubId: deps.ids.next('hub') }
  const connections = createNodeConnections(room)
  room.ledger.explainHolds(createJobHolds(deps.db))
  const forget = room.ledger.onCommit(() => room.signals.wake(SIGNAL.feed))
  return {
    routes: createComputeRoutes(room),
    workers: computeWorkers(room, connections),
    attach: connections.attach,
    stop: async () => {
      forget()
      await connections.close()
      await layPenDown(room, { name: ALLOCATOR, holder: room.hubId })
    },
    counts: () => countJobsAndNodes(room),
    orderJob: async (actor, order) => viewJob(room, await orderJob(room, actor, order)),
    jobMoneyOf: (jobIds) => readJobMoney(room, jobIds),
    useOf: (authorOrgId, spans) => readWorkloadUse(room, authorOrgId, spans),
    issueJoinToken: (actor, order) => issueJoinToken(room, actor, order),
  }
}
