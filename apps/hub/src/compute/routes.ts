import { AcceptResult, JobOrder, JobPageQuery, NodeJoin, NodeTokenOrder, RejectResult } from '@bithive/api/compute'
import { JobQuoteOrder } from '@bithive/api/job-quote'
import { budgetOf } from '@bithive/kernel/client-address'
import {
  actorOf,
  checkInput,
  createRoutes,
  type HttpEnv,
  httpErrors,
  mustAllow,
  readBytes,
  readJson,
} from '@bithive/kernel/http'
import { createFairQueue, createRateLimiter, limitErrors, type RateLimiter } from '@bithive/kernel/limits'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { acceptResult } from './accept-result.ts'
import { cancelJob } from './cancel-job.ts'
import { explainJob } from './explain-job.ts'
import { viewJob } from './job-view.ts'
import { issueJoinToken, joinNode } from './join-node.ts'
import { listJobs } from './list-jobs.ts'
import { createNodeDeskRoutes } from './node-desk-routes.ts'
import { orderJob } from './order-job.ts'
import { ownJob } from './own-job.ts'
import { drainNode, listOwnNodes, readOwnNode } from './own-nodes.ts'
import { mayOrderJobs } from './policy.ts'
import type { Room } from './ports.ts'
import { quoteJob } from './quote-job.ts'
import { readResult } from './read-result.ts'
import { rejectResult } from './reject-result.ts'
import { leaseByToken, putResult, readInput } from './return-result.ts'
import { stageInput } from './stage-input.ts'

const MIB = 1_048_576
export const INPUT_BYTES = 512 * MIB
export const RESULT_BYTES = 64 * MIB
const JOIN_BYTES = 65_536
/** Calls for the page of jobs that one organisation may have open at once. */
const MOST_POLLS = 32
/** Inputs that one organisation may be sending at once: each is held in memory until it is whole. */
const MOST_INPUTS = 4

const Epoch = z.coerce.number().int().min(1).max(1_000_000)
const Drain = z.strictObject({ draining: z.boolean() })
const DRAIN: z.infer<typeof Drain> = { draining: true }

/** No id of ours has a NUL in it, and the database takes none. */
function param(c: Context<HttpEnv>, name: string): string {
  const value = c.req.param(name) ?? ''
  if (value.includes('\0')) throw httpErrors.error('not-found')
  return value
}
const epochOf = (c: Context<HttpEnv>) => checkInput(Epoch, param(c, 'epoch'))

function within(limiter: RateLimiter, key: string): void {
  const rate = limiter.take(key)
  if (!rate.ok) throw limitErrors.error('too-many-requests', { retryAfterMs: rate.retryAfterMs })
}

/** Lets at most so many acts of one key run at once. @throws limits.too-many-requests */
function createTurns(most: number): <T>(key: string, act: () => Promise<T>) => Promise<T> {
  const running = new Map<string, number>()
  return async (key, act) => {
    const now = running.get(key) ?? 0
    if (now >= most) throw limitErrors.error('too-many-requests', { retryAfterMs: 1_000 })
    running.set(key, now + 1)
    try {
      return await act()
    } finally {
      const left = (running.get(key) ?? 1) - 1
      if (left === 0) running.delete(key)
      else running.set(key, left)
    }
  }
}

const octets = (c: Context<HttpEnv>, bytes: Uint8Array) =>
  c.body(new Uint8Array(bytes), 200, { 'content-type': 'application/octet-stream' })

function jobRoutes(room: Room, routes: Hono<HttpEnv>): void {
  const orders = createRateLimiter({ clock: room.clock, capacity: 100, refillPerSecond: 20, maxKeys: 10_000 })
  // A hospital that orders a thousand jobs at once takes turns with one that orders its first.
  const turns = createFairQueue({ slots: 8, maxWaiting: 500 })
  routes.post('/jobs', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayOrderJobs(actor))
    within(orders, actor.orgId)
    const order = await readJson(c, JobOrder)
    const job = await turns.run(actor.orgId, () => orderJob(room, actor, order))
    return c.json(await viewJob(room, job), 201)
  })
  const quotes = createRateLimiter({ clock: room.clock, capacity: 60, refillPerSecond: 10, maxKeys: 10_000 })
  routes.post('/jobs/quote', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayOrderJobs(actor))
    within(quotes, actor.orgId)
    return c.json(await quoteJob(room, actor, await readJson(c, JobQuoteOrder)))
  })
  const polls = createTurns(MOST_POLLS)
  const inputs = createTurns(MOST_INPUTS)
  routes.get('/jobs', async (c) => {
    const query = checkInput(JobPageQuery, c.req.query())
    const actor = actorOf(c)
    return polls(actor.orgId, async () => c.json(await listJobs(room, actor, query, c.req.raw.signal)))
  })
  routes.get('/jobs/:jobId', async (c) =>
    c.json(await viewJob(room, await ownJob(room, actorOf(c), param(c, 'jobId')))),
  )
  routes.get('/jobs/:jobId/explain', async (c) => c.json(await explainJob(room, actorOf(c), param(c, 'jobId'))))
  routes.put('/jobs/:jobId/input/:epoch', async (c) => {
    const actor = actorOf(c)
    const jobId = param(c, 'jobId')
    // Whose job it is is checked before any of the bytes are taken.
    await ownJob(room, actor, jobId)
    const epoch = epochOf(c)
    return inputs(actor.orgId, async () => {
      const bytes = await readBytes(c, room.limits?.inputBytes ?? INPUT_BYTES)
      return c.json(await viewJob(room, await stageInput(room, actor, { jobId, epoch, bytes })))
    })
  })
  routes.get('/jobs/:jobId/result', async (c) => octets(c, await readResult(room, actorOf(c), param(c, 'jobId'))))
  routes.post('/jobs/:jobId/accept', async (c) => {
    const actor = actorOf(c)
    const job = await ownJob(room, actor, param(c, 'jobId'))
    return c.json(await viewJob(room, await acceptResult(room, actor, job.id, await readJson(c, AcceptResult))))
  })
  routes.post('/jobs/:jobId/reject', async (c) => {
    const actor = actorOf(c)
    const job = await ownJob(room, actor, param(c, 'jobId'))
    return c.json(await viewJob(room, await rejectResult(room, actor, job.id, await readJson(c, RejectResult))))
  })
  routes.post('/jobs/:jobId/cancel', async (c) =>
    c.json(await viewJob(room, await cancelJob(room, actorOf(c), param(c, 'jobId')))),
  )
}

function leaseRoutes(room: Room, routes: Hono<HttpEnv>): void {
  const actOf = (c: Context<HttpEnv>) => {
    const token = /^Bearer (\S{1,128})$/.exec(c.req.header('authorization') ?? '')?.[1] ?? ''
    return { jobId: param(c, 'jobId'), epoch: epochOf(c), token }
  }
  routes.get('/nodes/leases/:jobId/:epoch/input', async (c) => octets(c, await readInput(room, actOf(c))))
  // A lease’s token is worth the memory of two results, the second for a line that hangs, not of as many as are sent.
  const results = createTurns(2)
  routes.put('/nodes/leases/:jobId/:epoch/result', async (c) => {
    const act = actOf(c)
    // The token is looked at before any of the bytes are taken.
    await leaseByToken(room, act)
    return results(`${act.jobId}/${act.epoch}`, async () => {
      const bytes = await readBytes(c, room.limits?.resultBytes ?? RESULT_BYTES)
      return c.json(await putResult(room, act, bytes))
    })
  })
}

function nodeRoutes(room: Room, routes: Hono<HttpEnv>): void {
  const joins = createRateLimiter({ clock: room.clock, capacity: 20, refillPerSecond: 0.5, maxKeys: 10_000 })
  routes.post('/nodes/tokens', async (c) =>
    c.json(await issueJoinToken(room, actorOf(c), await readJson(c, NodeTokenOrder)), 201),
  )
  // No sign-in: the token is what lets a node in, so guesses are slowed down by address.
  routes.post('/nodes/join', async (c) => {
    within(joins, budgetOf(c.get('remote') ?? 'local'))
    return c.json(await joinNode(room, await readJson(c, NodeJoin, JOIN_BYTES)), 201)
  })
  routes.get('/nodes', async (c) => c.json({ nodes: await listOwnNodes(room, actorOf(c)) }))
  routes.get('/nodes/:nodeId', async (c) => c.json(await readOwnNode(room, actorOf(c), param(c, 'nodeId'))))
  routes.post('/nodes/:nodeId/drain', async (c) => {
    const actor = actorOf(c)
    const nodeId = param(c, 'nodeId')
    await readOwnNode(room, actor, nodeId)
    const bytes = await readBytes(c, 1_024)
    const { draining } = bytes.length === 0 ? DRAIN : checkInput(Drain, parseJson(bytes))
    return c.json(await drainNode(room, actor, { nodeId, draining }))
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}

/** The room's routes, relative to `/hub/v1`. */
export function createComputeRoutes(room: Room): Hono<HttpEnv> {
  const routes = createRoutes()
  // Before /nodes/:nodeId, which would take their words for ids.
  routes.route('/', createNodeDeskRoutes(room))
  jobRoutes(room, routes)
  leaseRoutes(room, routes)
  nodeRoutes(room, routes)
  return routes
}
