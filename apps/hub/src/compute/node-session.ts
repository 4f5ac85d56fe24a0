import type { HubToNode, NodeToHub } from '@bithive/api/compute'
import { isDomainError } from '@bithive/kernel/errors'
import { verifyText } from '@bithive/kernel/sealed-box'
import { type WorkloadErrorKey, workloadErrors } from '@bithive/workloads'
import { lockJob, releaseLease } from './end-job.ts'
import { computeErrors } from './errors.ts'
import { jobById, moveJob, noteProgress } from './job-store.ts'
import { type EndReason, extendLeases, leaseOf, makeDueAgain, moveLease, workingLeasesOf } from './lease-store.ts'
import { type ClockDifference, nodeById, noteNodeEvent, noteSeen, openSession } from './node-store.ts'
import type { Room } from './ports.ts'
import { returnResult } from './return-result.ts'
import { SIGNAL } from './signals.ts'
import { tellOwner } from './tell-owner.ts'

type Hello = Extract<NodeToHub, { type: 'hello' }>
type LeaseMessage = Extract<NodeToHub, { type: 'accept' | 'decline' | 'progress' | 'failed' }>

/** A node that has proved who it is, on one connection. */
export type NodeSession = {
  readonly nodeId: string
  readonly orgId: string
  readonly session: string
  draining: boolean
}

export type Reply = (message: HubToNode) => void

/** Codes by which a node says that it stopped, and not that it cannot do the job. */
const STOPPED = new Set(['node.draining', 'node.stopped', 'node.no-input', 'node.lease-gone', 'node.revoked'])

/** Takes the job's lease into the node's hands: the site may seal its input to this node now. */
async function takeAccept(room: Room, node: NodeSession, at: { jobId: string; epoch: number }, reply: Reply) {
  const now = room.clock.now()
  const taken = await room.db.worker.begin(async (tx) => {
    const job = await lockJob(tx, at.jobId)
    const lease = await leaseOf(tx, at.jobId, at.epoch)
    if (!job || lease?.nodeId !== node.nodeId || lease.state === 'ended') return undefined
    if (lease.state !== 'offered') return job
    await moveLease(tx, at, ['offered'], 'held', { due: null, expiresAt: now + lease.leaseMs })
    return moveJob(tx, job, 'leased', now)
  })
  if (taken) {
    room.signals.wake(SIGNAL.jobsOf(taken.orgId))
    tellOwner(room, node)
  } else reply({ type: 'revoke', ...at, reason: computeErrors.code('stale-epoch') })
}

async function takeProgress(room: Room, node: NodeSession, message: Extract<NodeToHub, { type: 'progress' }>) {
  const now = room.clock.now()
  const { jobId, epoch, fraction } = message
  // It is shown on terminals, where a control character would act.
  const stage = message.stage.replace(/\p{C}/gu, '')
  const job = await room.db.worker.begin(async (tx) => {
    const row = await lockJob(tx, jobId)
    if (row?.epoch !== epoch) return undefined
    if (await moveLease(tx, message, ['staged'], 'running', { due: null })) await moveJob(tx, row, 'running', now)
    return row
  })
  const current = job && (await jobById(room.db.worker, jobId))
  if (!current) return
  await noteProgress(room.db.worker, current, stage, fraction, now)
  room.signals.wake(SIGNAL.jobsOf(current.orgId))
  tellOwner(room, node)
}

/** Codes of the workloads' catalogue that blame the node, its programs or the way there, and not the images. */
const OF_THE_NODE = /^(bundle-|model-|unknown-workload$|altered$|no-runtime$|cancelled$)/

/** Codes with which a workload refuses its images, whichever node it runs on. */
const INPUT_REFUSED = new Set(
  (Object.keys(workloadErrors.entries) as WorkloadErrorKey[])
    .filter((key) => !OF_THE_NODE.test(key))
    .map((key) => workloadErrors.code(key)),
)

function endReasonOf(code: string): EndReason {
  if (STOPPED.has(code)) return 'lost'
  return INPUT_REFUSED.has(code) ? 'input-refused' : 'node-failed'
}

async function takeLeaseMessage(room: Room, node: NodeSession, message: LeaseMessage, reply: Reply): Promise<void> {
  const { jobId, epoch } = message
  const lease = await leaseOf(room.db.worker, jobId, epoch)
  // A lease of another node looks like one that is not there.
  if (lease?.nodeId !== node.nodeId || lease.state === 'ended') {
    if (message.type === 'accept' || message.type === 'progress')
      reply({ type: 'revoke', jobId, epoch, reason: computeErrors.code('stale-epoch') })
  } else if (message.type === 'accept') await takeAccept(room, node, { jobId, epoch }, reply)
  else if (message.type === 'progress') await takeProgress(room, node, message)
  else {
    const reason = message.type === 'decline' ? 'declined' : endReasonOf(message.code)
    const kind = message.type === 'decline' ? 'declined' : 'failed'
    const { orgId, nodeId } = node
    const event = { orgId, nodeId, kind, facts: { jobId, epoch, code: message.code } }
    await noteNodeEvent(room.db.worker, event, room.clock.now())
    await releaseLease(room, lease, reason, ['offered', 'held', 'staged', 'running'], message.code)
    tellOwner(room, node)
  }
}

async function takeReturned(
  room: Room,
  node: NodeSession,
  message: Extract<NodeToHub, { type: 'returned' }>,
  reply: Reply,
) {
  try {
    await returnResult(room, node.nodeId, message)
    tellOwner(room, node)
  } catch (error) {
    if (!isDomainError(error)) throw error
    const { jobId, epoch } = message.envelope
    const { orgId, nodeId } = node
    const event = { orgId, nodeId, kind: 'result-refused', facts: { jobId, epoch, code: error.code } }
    await noteNodeEvent(room.db.worker, event, room.clock.now())
    reply({ type: 'revoke', jobId, epoch, reason: error.code })
  }
}

/** True while this is still the node's connection; keeps its leases and its place in the market. */
async function keepAlive(room: Room, node: NodeSession): Promise<boolean> {
  const now = room.clock.now()
  const current = await noteSeen(
    room.db.worker,
    { nodeId: node.nodeId, session: node.session, drainReported: node.draining },
    now,
  )
  if (current) await extendLeases(room.db.worker, node.nodeId, now)
  return current
}

/** Handles one message of a node that has said hello. False when a newer connection has replaced this one. */
export async function handleMessage(
  room: Room,
  node: NodeSession,
  message: Exclude<NodeToHub, Hello>,
  reply: Reply,
): Promise<boolean> {
  if (message.type === 'heartbeat' || message.type === 'drain') {
    const draining = message.type === 'drain' || message.draining
    const changed = draining !== node.draining
    node.draining = draining
    const current = await keepAlive(room, node)
    if (changed) {
      room.signals.wake(SIGNAL.allocate)
      tellOwner(room, node)
    }
    return current
  }
  if (!(await keepAlive(room, node))) return false
  if (message.type === 'returned') await takeReturned(room, node, message, reply)
  else await takeLeaseMessage(room, node, message, reply)
  return true
}

/**
 * Brings hub and node to one view after a connection: what the node still holds goes on, what it lost is given to
 * another at once, what the hub has ended is taken from it, and what it may have missed is said again.
 */
async function agree(room: Room, node: NodeSession, holding: Hello['holding'], reply: Reply): Promise<void> {
  const held = new Set(holding.map(({ jobId, epoch }) => `${jobId}/${epoch}`))
  for (const lease of await workingLeasesOf(room.db.worker, node.nodeId)) {
    const has = held.has(`${lease.jobId}/${lease.epoch}`)
    if (lease.state === 'offered' && has) await takeAccept(room, node, lease, reply)
    if (lease.state !== 'offered' && !has) await releaseLease(room, lease, 'lost')
  }
  for (const { jobId, epoch } of holding) {
    const lease = await leaseOf(room.db.worker, jobId, epoch)
    if (lease?.nodeId !== node.nodeId || lease.state === 'ended')
      reply({ type: 'revoke', jobId, epoch, reason: computeErrors.code('stale-epoch') })
    else if (lease.state === 'accepted')
      await room.db.worker`
        UPDATE compute.leases l SET due = 'settled' FROM compute.jobs j
        WHERE l.job_id = ${jobId} AND l.epoch = ${epoch} AND j.id = l.job_id AND j.state = 'settled'`
  }
  await makeDueAgain(room.db.worker, node.nodeId)
}

const MOST_CLOCK_MS = 2_000_000_000

/**
 * How far the node's clock is ahead of ours. It wrote the time between our challenge and its hello, so the middle of
 * the two is the best guess, and half of what lies between them is how wrong that may be.
 */
function clockDifference(hello: Hello, challengedAt: number, now: number): ClockDifference | undefined {
  if (hello.at === undefined) return undefined
  const aheadMs = Math.round(hello.at - (challengedAt + now) / 2)
  const bounded = Math.min(Math.max(aheadMs, -MOST_CLOCK_MS), MOST_CLOCK_MS)
  return { aheadMs: bounded, withinMs: Math.min(Math.ceil((now - challengedAt) / 2), MOST_CLOCK_MS) }
}

/**
 * Checks a hello against the challenge of this connection and takes the node over from any older connection.
 * @throws compute.unknown-node, bad-proof
 */
export async function openNodeSession(
  room: Room,
  challenge: { nonce: string; at: number },
  hello: Hello,
  reply: Reply,
): Promise<NodeSession> {
  const node = await nodeById(room.db.worker, hello.nodeId)
  if (!node) throw computeErrors.error('unknown-node')
  if (!verifyText(node.signKey, `connect:${challenge.nonce}:${hello.nodeId}`, hello.signature))
    throw computeErrors.error('bad-proof')
  const session = room.ids.next('conn')
  const { orgId, id: nodeId } = node
  const opened: NodeSession = { nodeId, orgId, session, draining: false }
  const now = room.clock.now()
  const clock = clockDifference(hello, challenge.at, now)
  await openSession(room.db.worker, { nodeId, session, facts: hello.facts, clock }, now)
  await extendLeases(room.db.worker, nodeId, now)
  await noteNodeEvent(room.db.worker, { orgId, nodeId, kind: 'connected' }, now)
  await agree(room, opened, hello.holding, reply)
  tellOwner(room, opened)
  room.signals.wake(SIGNAL.allocate)
  room.signals.wake(SIGNAL.deliver)
  return opened
}
