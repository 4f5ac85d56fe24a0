import type { HubToNode, NodeToHub } from '@bithive/api/compute'
import type { Clock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import { createRateLimiter } from '@bithive/kernel/limits'
import type { Log } from '@bithive/kernel/log'
import { nodeErrors } from './errors.ts'
import type { NodeEvent, Report } from './events.ts'
import type { Returned, Start } from './run-lease.ts'
import type { Progress } from './sandbox.ts'
import type { ShelvedWorkload, WorkloadShelf } from './workload-shelf.ts'

type Offer = Extract<HubToNode, { type: 'offer' }>
type Outcome = Extract<NodeToHub, { type: 'returned' | 'failed' }>

/** `accepted` waits for the input, `running` computes, `ended` waits until the hub has taken note of its outcome. */
type Lease = {
  readonly jobId: string
  readonly epoch: number
  readonly workload: ShelvedWorkload
  readonly cancel: AbortController
  state: 'accepted' | 'running' | 'ended'
  outcome?: Outcome
  progress?: Extract<NodeToHub, { type: 'progress' }>
  /** True once the outcome went out over a connection. */
  said: boolean
  done: Promise<void>
}

export type AgentDeps = {
  readonly slots: number
  readonly shelf: WorkloadShelf
  /** True when the sandbox of this node can run the runtime. */
  readonly offers: (runtime: ShelvedWorkload['needs']['runtime']) => boolean
  readonly run: (
    workload: ShelvedWorkload,
    start: Start,
    onProgress: Progress,
    signal: AbortSignal,
  ) => Promise<Returned>
  /** Gives a message to the hub; false when there is no connection. */
  readonly send: (message: NodeToHub) => boolean
  readonly clock: Clock
  readonly log: Log
  readonly report: Report
}

export type Agent = {
  readonly handle: (message: HubToNode) => void
  /** After a welcome: says again whatever the hub may have missed. */
  readonly resume: () => void
  readonly holding: () => { jobId: string; epoch: number }[]
  readonly running: () => number
  readonly isDraining: () => boolean
  /** Takes nothing new; resolves when nothing runs and every outcome was given to the hub. */
  readonly drain: () => Promise<void>
  /** Kills what runs, releases every lease, resolves when all scratch is wiped. */
  readonly stop: () => Promise<void>
}

/** How long an outcome is said again at each reconnect when the hub never says what became of it. */
const OUTCOME_KEPT_MS = 1_800_000
const MOST_LEASES = 64
/** The hub gives a site ten minutes to send its input; after this the hub has lost sight of the lease. */
const INPUT_WAIT_MS = 900_000
/** Well below what a hub takes from one connection; stages that are over it are not said. */
const PROGRESS = { capacity: 20, refillPerSecond: 5, maxKeys: 1 }

export function createAgent(deps: AgentDeps): Agent {
  const { clock, log, report, send } = deps
  const leases = new Map<string, Lease>()
  let draining = false
  const stages = createRateLimiter({ clock, ...PROGRESS })
  const waiting: (() => void)[] = []
  const wake = () => {
    for (const resume of waiting.splice(0)) resume()
  }

  const tell = (
    { jobId, epoch }: { jobId: string; epoch: number },
    workload: string,
    state: Extract<NodeEvent, { event: 'job' }>['state'],
    code?: string,
  ) => {
    log.info({ jobId, epoch, workload, state, code }, 'job')
    report({ event: 'job', jobId, epoch, workload, state, ...(code === undefined ? {} : { code }) })
  }
  const active = () => [...leases.values()].filter((lease) => lease.state !== 'ended')
  const drop = (lease: Lease) => {
    if (leases.get(lease.jobId) === lease) leases.delete(lease.jobId)
  }

  /** A failure is said once; a result is kept until the hub says what became of it: it may die before it looks. */
  const end = (lease: Lease, outcome: Outcome) => {
    lease.state = 'ended'
    lease.outcome = outcome
    lease.said = send(outcome)
    if (lease.said && outcome.type === 'failed') drop(lease)
    wake()
    if (leases.get(lease.jobId) !== lease) return
    clock.sleep(OUTCOME_KEPT_MS, lease.cancel.signal).then(
      () => drop(lease),
      () => {},
    )
  }
  const fail = (lease: Lease, code: string) => {
    tell(lease, lease.workload.id, 'failed', code)
    end(lease, { type: 'failed', jobId: lease.jobId, epoch: lease.epoch, code })
  }

  const refusal = (offer: Offer, workload: ShelvedWorkload | undefined): string | undefined => {
    if (draining) return nodeErrors.code('draining')
    if (!workload) return nodeErrors.code('workload-unknown')
    if (workload.digest !== offer.workloadDigest) return nodeErrors.code('workload-altered')
    if (!deps.offers(workload.needs.runtime)) return nodeErrors.code('onnx-missing')
    if (active().length >= deps.slots || leases.size >= MOST_LEASES) return nodeErrors.code('busy')
    return undefined
  }

  /** The input may never come, and the hub may forget to say so: the slot must not stay taken for ever. */
  const awaitInput = (lease: Lease) => {
    const giveUp = () => {
      if (lease.state === 'accepted' && leases.get(lease.jobId) === lease) fail(lease, nodeErrors.code('no-input'))
    }
    clock.sleep(INPUT_WAIT_MS, lease.cancel.signal).then(giveUp, () => {})
  }

  const onOffer = async (offer: Offer) => {
    const { jobId, epoch } = offer
    const workload = await deps.shelf.find(offer.workload, offer.version)
    const held = leases.get(jobId)
    if (held && held.epoch >= epoch) {
      // Said again after a reconnect: the answer is the same.
      if (held.epoch === epoch && held.state === 'accepted') send({ type: 'accept', jobId, epoch })
      return
    }
    if (held) cancel(held)
    const code = refusal(offer, workload)
    if (code !== undefined || !workload) {
      tell(offer, offer.workload, 'declined', code)
      send({ type: 'decline', jobId, epoch, code: code ?? nodeErrors.code('workload-unknown') })
      return
    }
    const lease: Lease = {
      jobId,
      epoch,
      workload,
      cancel: new AbortController(),
      state: 'accepted',
      said: false,
      done: Promise.resolve(),
    }
    leases.set(jobId, lease)
    tell(lease, workload.id, 'accepted')
    send({ type: 'accept', jobId, epoch })
    awaitInput(lease)
  }

  const compute = async (lease: Lease, start: Start) => {
    const { jobId, epoch } = lease
    const onProgress: Progress = (stage, fraction) => {
      // The first one tells the hub that the job runs, so it is always said, and said again after a reconnect.
      const isFirst = lease.progress === undefined
      lease.progress = { type: 'progress', jobId, epoch, stage, fraction }
      if (isFirst || stages.take('stage').ok) send(lease.progress)
    }
    try {
      const returned = await deps.run(lease.workload, start, onProgress, lease.cancel.signal)
      if (lease.cancel.signal.aborted) return drop(lease)
      tell(lease, lease.workload.id, 'returned')
      end(lease, { type: 'returned', ...returned })
    } catch (error) {
      if (!isDomainError(error)) log.error({ jobId, epoch, err: error }, 'a lease ended with a defect')
      if (lease.cancel.signal.aborted) return drop(lease)
      fail(lease, codeToSay(error))
    }
  }

  const onStart = (start: Start) => {
    const lease = leases.get(start.jobId)
    if (lease?.epoch !== start.epoch) {
      send({ type: 'failed', jobId: start.jobId, epoch: start.epoch, code: nodeErrors.code('lease-gone') })
      return
    }
    if (lease.state !== 'accepted') return
    lease.state = 'running'
    tell(lease, lease.workload.id, 'running')
    lease.done = compute(lease, start)
  }

  const cancel = (lease: Lease) => {
    lease.cancel.abort()
    drop(lease)
    tell(lease, lease.workload.id, 'revoked')
  }

  const unsaid = () => [...leases.values()].filter((lease) => lease.outcome && !lease.said)

  return {
    handle: (message) => {
      if (message.type === 'offer') {
        onOffer(message).catch((error) => log.error({ jobId: message.jobId, err: error }, 'an offer was not answered'))
      } else if (message.type === 'start') {
        onStart(message)
      } else if (message.type === 'revoke') {
        const lease = leases.get(message.jobId)
        if (lease && lease.epoch <= message.epoch) cancel(lease)
      } else if (message.type === 'settled') {
        const lease = leases.get(message.jobId)
        if (lease?.state === 'ended') {
          lease.cancel.abort()
          drop(lease)
        }
        report({ event: 'settled', jobId: message.jobId, asset: message.asset, amount: message.amount })
      }
    },
    resume: () => {
      for (const lease of leases.values()) {
        if (lease.state === 'running' && lease.progress) send(lease.progress)
        if (!lease.outcome) continue
        lease.said = send(lease.outcome) || lease.said
        if (lease.said && lease.outcome.type === 'failed') drop(lease)
      }
      wake()
      if (draining) send({ type: 'drain' })
    },
    holding: () =>
      [...leases.values()]
        .filter((lease) => lease.outcome?.type !== 'failed')
        .map(({ jobId, epoch }) => ({ jobId, epoch })),
    running: () => active().length,
    isDraining: () => draining,
    drain: async () => {
      draining = true
      report({ event: 'draining' })
      send({ type: 'drain' })
      for (const lease of active()) if (lease.state === 'accepted') fail(lease, nodeErrors.code('draining'))
      await Promise.all([...leases.values()].map((lease) => lease.done))
      while (unsaid().length > 0) await new Promise<void>((resolve) => waiting.push(resolve))
    },
    stop: async () => {
      draining = true
      const all = [...leases.values()]
      for (const lease of all) {
        if (lease.state === 'ended') continue
        lease.cancel.abort()
        send({ type: 'failed', jobId: lease.jobId, epoch: lease.epoch, code: nodeErrors.code('stopped') })
        tell(lease, lease.workload.id, 'failed', nodeErrors.code('stopped'))
      }
      await Promise.all(all.map((lease) => lease.done))
      if (unsaid().length > 0) log.warn({ outcomes: unsaid().length }, 'the hub was not told every outcome')
    },
  }
}

/** A workload's own code says more to the site than ours; an unexpected error says nothing but that it was one. */
function codeToSay(error: unknown): string {
  if (!isDomainError(error)) return nodeErrors.code('sandbox-crashed')
  return typeof error.facts.code === 'string' ? error.facts.code : error.code
}
