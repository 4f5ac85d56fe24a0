import type { JobView } from '@bithive/api/compute'
import { DomainError, invariant, isDomainError } from '@bithive/kernel/errors'
import { admitOrder } from './admit-order.ts'
import type { OrdersDeps } from './deps.ts'
import { orderErrors } from './errors.ts'
import { hasEnded, ORDER_LIFECYCLE, type OrderState } from './lifecycle.ts'
import type { MoveOrder } from './move-order.ts'
import { orderVault, prepareInput } from './prepare-input.ts'
import { sendOrder } from './send-order.ts'
import { stageInput } from './stage-input.ts'
import * as store from './store.ts'
import { acceptResult, fileVerified, takeResult } from './take-result.ts'

type Row = store.OrderRow

const MAX_PAUSE_MS = 60_000
const FIRST_PAUSE_MS = 500
/** More steps than any order has in one go: a loop that does not end is a defect. */
const MAX_STEPS = 32

/** Runs acts of one key one after the other; acts of different keys run together. */
function oneAtATime() {
  const last = new Map<string, Promise<unknown>>()
  return <T>(key: string, act: () => Promise<T>): Promise<T> => {
    const run = (last.get(key) ?? Promise.resolve()).then(act, act)
    const settled = run.catch(() => {})
    last.set(key, settled)
    settled.then(() => last.get(key) === settled && last.delete(key))
    return run
  }
}

export type AdvanceOrder = (orderId: string, job?: JobView) => Promise<Row>

/**
 * Drives one order as far as it can go now, from what the tables and the hub say. It may be called at any time, by
 * anyone, as often as one likes: every step is stored before the next, and each may be done twice without harm.
 */
export function createAdvanceOrder(deps: OrdersDeps, move: MoveOrder): AdvanceOrder {
  const act = {
    admit: admitOrder(deps, move),
    prepare: prepareInput(deps, move),
    send: sendOrder(deps, move),
    stage: stageInput(deps, move),
    take: takeResult(deps, move),
    file: fileVerified(deps, move),
    accept: acceptResult(deps, move),
  }
  const load = async (orderId: string) => {
    const row = await deps.db.asOrg(deps.orgId, (tx) => store.findOrder(tx, orderId))
    if (!row) throw orderErrors.error('unknown')
    return row
  }

  /**
   * A withdrawn order is told to the hub until the hub knows; an order that never got there has nothing to tell.
   * When a good result was already here, the node has done its work and is paid, though nothing is filed.
   * @returns false when a result lies at the hub that can no longer be opened here: that is for its operator
   */
  const withdrawAtHub = async (order: Row, jobId: string): Promise<boolean> => {
    const { resultEpoch, resultSha256 } = order
    try {
      if (resultEpoch && resultSha256) await deps.hub.accept(jobId, { epoch: resultEpoch, resultSha256 })
      else await deps.hub.cancel(jobId)
      return true
    } catch (error) {
      if (!isDomainError(error, 'orders.hub-refused')) throw error
      const { state } = await deps.hub.getJob(jobId)
      if (state === 'returned' || state === 'unresolved') return false
      // Between two states of the hub the refusal is not final; an ended job needs no more.
      if (state !== 'accepted' && state !== 'settled' && state !== 'failed' && state !== 'cancelled') throw error
      return true
    }
  }

  const tellCancelled = async (order: Row): Promise<Row> => {
    const atHub = order.jobId ? await withdrawAtHub(order, order.jobId) : true
    const facts = { jobId: order.jobId, ...(atHub ? {} : { left: 'result-at-hub' }) }
    const patch = { cancelDue: false, problem: order.problem }
    return move(order, { to: order.state, stage: 'withdrawn', facts, patch })
  }

  /** What the hub's view of the job asks of this site. Undefined: nothing to do but wait. */
  const follow = async (order: Row, job: JobView): Promise<Row | undefined> => {
    const to = (state: OrderState, facts: object, patch: store.OrderPatch = {}) =>
      order.state === state ? undefined : move(order, { to: state, facts: { ...facts }, patch })
    const isFiled = order.reportId !== null
    switch (job.state) {
      case 'ordered':
      case 'queued':
        return to('ordered', { jobId: job.jobId, again: order.leaseEpoch > 0 })
      case 'leased':
        return job.lease && job.lease.epoch > order.stagedEpoch ? act.stage(order, job) : undefined
      case 'staged':
      case 'running':
        return noteRunning(order, job)
      case 'returned':
      case 'unresolved':
        if (job.result && !(isFiled && order.resultEpoch === job.result.epoch)) return act.take(order, job)
        if (order.state === 'filed') return act.accept(order)
        if (isFiled && order.state === 'unknown') return to('filed', {})
        return to('unknown', { problem: job.problem }, { problem: job.problem ?? 'orders.outcome-unknown' })
      case 'accepted':
        return to('accepted', {})
      case 'settled':
        return to('settled', { money: job.money })
      case 'failed':
        return to('failed', { problem: job.problem, money: job.money }, { problem: job.problem ?? null })
      case 'cancelled':
        return to('cancelled', { money: job.money })
    }
  }

  const noteRunning = (order: Row, job: JobView) => {
    const epoch = job.lease?.epoch ?? order.stagedEpoch
    // The input arrived, and this site was killed before it could note that.
    if (order.state !== 'staged' || epoch > order.stagedEpoch) {
      return move(order, { to: 'staged', facts: { epoch }, patch: { stagedEpoch: epoch, leaseEpoch: epoch } })
    }
    if (job.state === 'running' && epoch > order.runningEpoch) {
      const facts = { epoch, nodeName: job.lease?.nodeName }
      return move(order, { to: 'staged', stage: 'running', facts, patch: { runningEpoch: epoch } })
    }
    return undefined
  }

  /** One step. @param look gives a view of the job: the caller's once, then the hub's own each time */
  const step = async (order: Row, look: (jobId: string, fresh?: 'fresh') => Promise<JobView>) => {
    if (order.cancelDue) return tellCancelled(order)
    switch (order.state) {
      case 'draft':
        return act.admit(order)
      case 'preparing':
        return order.inputSha256 ? act.send(order) : act.prepare(order)
      case 'verified':
        return act.file(order)
      case 'unknown':
        if (!order.jobId) return act.send(order)
        break
      case 'filed':
        try {
          return await act.accept(order)
        } catch (error) {
          // The hub went on without this answer: its view of the job says where to.
          if (!isDomainError(error, 'orders.hub-refused') || !order.jobId) throw error
          return follow(order, await look(order.jobId, 'fresh'))
        }
    }
    invariant(order.jobId, 'an order that was sent has a job')
    return follow(order, await look(order.jobId))
  }

  const noteFailure = async (order: Row, error: DomainError): Promise<Row> => {
    const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(order.failures, 10))
    const patch = { failures: order.failures + 1, problem: error.code, nextTryMs: deps.clock.now() + pause }
    const nowMs = deps.clock.now()
    deps.log.warn({ orderId: order.orderId, code: error.code, state: order.state }, 'an order waits')
    const row = await deps.db.asOrg(deps.orgId, (tx) =>
      store.changeOrder(tx, order, { state: order.state, nowMs, patch }),
    )
    return row ?? load(order.orderId)
  }

  /** What a failing step means for the order: gone, refused for good, or tried again later. */
  const settleFailure = async (order: Row, error: unknown): Promise<Row> => {
    if (!(error instanceof DomainError)) throw error
    if (error.code === 'orders.changed-meanwhile') return load(order.orderId)
    if (error.code === 'kernel.person-forgotten') {
      const problem = orderErrors.code('person-forgotten')
      if (hasEnded(order.state)) return order
      const cancelDue = order.jobId !== null
      return move(order, { to: 'refused', facts: { by: 'site', problem }, patch: { problem, cancelDue } })
    }
    const beforeSending = order.state === 'draft' || order.state === 'preparing'
    if (beforeSending && !error.entry.retryable) {
      const facts = { by: 'site', problem: error.code }
      return move(order, { to: 'refused', facts, patch: { problem: error.code } })
    }
    if (order.state === 'verified' && !error.entry.retryable) {
      // The result is good and cannot be filed here: that is no fault of the node, which is paid when told.
      const facts = { by: 'site', problem: error.code }
      return move(order, { to: 'refused', facts, patch: { problem: error.code, cancelDue: true } })
    }
    return noteFailure(order, error)
  }

  /** @param seenAt `updatedAt` of the newest view of the job that was acted on */
  const rest = async (order: Row, seenAt: number): Promise<Row> => {
    if (hasEnded(order.state) && !order.cancelDue) {
      await orderVault(deps).remove(order.orderId)
      return order
    }
    const nowMs = deps.clock.now()
    const askAfterMs = ORDER_LIFECYCLE[order.state].askAfterMs ?? 0
    const patch = { nextTryMs: nowMs + askAfterMs, failures: 0, jobSeenAt: Math.max(order.jobSeenAt, seenAt) }
    const row = await deps.db.asOrg(deps.orgId, (tx) =>
      store.changeOrder(tx, order, { state: order.state, nowMs, patch }),
    )
    return row ?? load(order.orderId)
  }

  /** What the hub says is kept whatever follows from it: a page shows it, also of an order that has ended. */
  const keep = async (orderId: string, view: JobView) => {
    const isNew = await deps.db.asOrg(deps.orgId, (tx) => store.keepJobView(tx, orderId, view))
    if (isNew) deps.live?.publish(deps.orgId, { topic: 'orders', id: orderId })
  }

  const drive = async (orderId: string, job?: JobView): Promise<Row> => {
    if (job) await keep(orderId, job)
    let order = await load(orderId)
    // The feed may be behind what this order has already acted on; an old view would send it back.
    let view = job && job.updatedAt >= order.jobSeenAt ? job : undefined
    let seenAt = order.jobSeenAt
    const look = async (jobId: string, fresh?: 'fresh') => {
      const given = fresh ? undefined : view
      const found = given ?? (await deps.hub.getJob(jobId))
      if (!given) await keep(orderId, found)
      seenAt = Math.max(seenAt, found.updatedAt)
      return found
    }
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      if (hasEnded(order.state) && !order.cancelDue) return rest(order, seenAt)
      try {
        const next = await step(order, look)
        if (!next) return await rest(order, seenAt)
        order = next
      } catch (error) {
        const after = await settleFailure(order, error)
        if (!hasEnded(after.state) || after.failures > 0) return after
        order = after
      }
      view = undefined
    }
    throw orderErrors.error('changed-meanwhile', { orderId })
  }

  const inTurn = oneAtATime()
  return (orderId, job) => inTurn(orderId, () => drive(orderId, job))
}
