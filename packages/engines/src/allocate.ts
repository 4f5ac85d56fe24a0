import { quoteCents } from './price.ts'

export type Tier = 0 | 1 | 2 | 3
export type Urgency = 'stat' | 'urgent' | 'routine'
export type OwnerKind = 'home' | 'hospital' | 'computing-centre' | 'data-centre'

export type AllocatorNode = {
  readonly id: string
  readonly name: string
  readonly ownerOrgId: string
  readonly ownerKind: OwnerKind
  /** The network holds the owner to be a trusted institution. */
  readonly trusted: boolean
  readonly region: string
  readonly jurisdiction: string
  readonly online: boolean
  readonly draining: boolean
  readonly freeSlots: number
  readonly memoryMb: number
  readonly gpus: number
  readonly runtimes: readonly string[]
  readonly workloads: readonly { readonly id: string; readonly version: string; readonly digest: string }[]
  readonly sandbox: { readonly isolatesNetwork: boolean; readonly isolatesFiles: boolean }
  /** Millionths of the accounting currency for one reference-core second. */
  readonly floorMicro: bigint
}

export type AllocatorJob = {
  readonly id: string
  readonly orgId: string
  readonly urgency: Urgency
  readonly tier: Tier
  readonly jurisdictions: readonly string[]
  readonly workload: string
  readonly version: string
  readonly digest: string
  /** The code is ours and pinned by hash, so a sandbox that isolates nothing may run it. */
  readonly pinned: boolean
  readonly needs: { readonly runtime: string; readonly memoryMb: number; readonly gpus: number; readonly cpuMs: bigint }
  readonly factorBps: bigint
  /** Cents of the accounting currency. */
  readonly maxPriceCents: bigint
  /** Nodes that had the job and lost it or returned it unusable. */
  readonly excluded: readonly string[]
  /** Milliseconds since the epoch; the older of two equally urgent jobs goes first. */
  readonly orderedAt: number
}

export type ReasonCode =
  | 'chosen'
  | 'tier'
  | 'same-owner-only'
  | 'jurisdiction'
  | 'sandbox'
  | 'runtime'
  | 'memory'
  | 'gpu'
  | 'price'
  | 'tried-before'
  | 'draining'
  | 'offline'
  | 'busy'
  | 'dearer'

export type Reason = {
  readonly code: ReasonCode
  readonly nodeId: string
  readonly nodeName: string
  readonly ownerKind: OwnerKind
  readonly facts: Readonly<Record<string, string | number>>
}

export type Placement = { readonly jobId: string; readonly nodeId: string; readonly priceCents: bigint }

export type Allocation = {
  readonly placements: readonly Placement[]
  /** For every job one reason per node, in the order of the node ids. */
  readonly reasons: ReadonlyMap<string, readonly Reason[]>
}

const URGENCY_RANK: Readonly<Record<Urgency, number>> = { stat: 0, urgent: 1, routine: 2 }

/**
 * The highest tier of work that a node may be given: any joined node 1, a trusted institution 2. Tier 3 is granted
 * to a hospital's node, and only for work of its own organisation.
 */
export function tierGranted(node: Pick<AllocatorNode, 'ownerKind' | 'trusted'>): Tier {
  if (node.ownerKind === 'hospital') return 3
  return node.ownerKind !== 'home' && node.trusted ? 2 : 1
}

type Refusal = { readonly code: ReasonCode; readonly facts: Readonly<Record<string, string | number>> }

const refuse = (code: ReasonCode, facts: Readonly<Record<string, string | number>> = {}): Refusal => ({ code, facts })

function refuseTier(job: AllocatorJob, node: AllocatorNode): Refusal | undefined {
  const granted = tierGranted(node)
  if (job.tier === 3) {
    if (granted < 3) return refuse('tier', { needs: 3, granted })
    return node.ownerOrgId === job.orgId ? undefined : refuse('same-owner-only', { needs: 3 })
  }
  // A hospital that the network does not vouch for may compute its own work only.
  const usable = granted === 3 && !node.trusted && node.ownerOrgId !== job.orgId ? 1 : granted
  return usable < job.tier ? refuse('tier', { needs: job.tier, granted: usable }) : undefined
}

/** `CN` allows every part of China; `CN-44` allows Guangdong only. */
function allowsPlace(allowed: readonly string[], place: string): boolean {
  return allowed.some((one) => one === place || place.startsWith(`${one}-`))
}

function refuseSoftware(job: AllocatorJob, node: AllocatorNode): Refusal | undefined {
  const isolates = node.sandbox.isolatesNetwork && node.sandbox.isolatesFiles
  if (!job.pinned && !isolates) return refuse('sandbox')
  if (!node.runtimes.includes(job.needs.runtime)) return refuse('runtime', { missing: job.needs.runtime })
  const carried = node.workloads.filter((one) => one.id === job.workload && one.version === job.version)
  if (carried.length === 0) return refuse('runtime', { missing: `${job.workload}@${job.version}` })
  return carried.some((one) => one.digest === job.digest) ? undefined : refuse('runtime', { missing: 'digest' })
}

/** Rules that no waiting changes come first, so that a reason is the one its reader can act on. */
function refuseForGood(job: AllocatorJob, node: AllocatorNode, priceCents: bigint): Refusal | undefined {
  const tier = refuseTier(job, node)
  if (tier) return tier
  if (!allowsPlace(job.jurisdictions, node.jurisdiction)) return refuse('jurisdiction', { place: node.jurisdiction })
  const software = refuseSoftware(job, node)
  if (software) return software
  const { memoryMb, gpus } = job.needs
  if (node.memoryMb < memoryMb) return refuse('memory', { needsMb: memoryMb, hasMb: node.memoryMb })
  if (node.gpus < gpus) return refuse('gpu', { needs: gpus, has: node.gpus })
  if (priceCents > job.maxPriceCents)
    return refuse('price', { priceCents: String(priceCents), maxCents: String(job.maxPriceCents) })
  return undefined
}

function refuseForNow(job: AllocatorJob, node: AllocatorNode, freeSlots: number): Refusal | undefined {
  if (job.excluded.includes(node.id)) return refuse('tried-before')
  if (!node.online) return refuse('offline')
  if (node.draining) return refuse('draining')
  return freeSlots < 1 ? refuse('busy') : undefined
}

/** A node that may have the job now, at its price. */
export type Candidate = { readonly node: AllocatorNode; readonly priceCents: bigint; readonly freeSlots: number }

/** What put one fitting node before another; `id` is a tie in everything that matters. */
export type Decider = 'tier' | 'price' | 'free-slots' | 'id'

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * The lowest tier that suffices goes first: that keeps trusted machines free for work that may go nowhere else.
 * Then price, then free slots, then the id, so that the order is total.
 */
function compareCandidates(a: Candidate, b: Candidate): number {
  const tier = tierGranted(a.node) - tierGranted(b.node)
  if (tier !== 0) return tier
  if (a.priceCents !== b.priceCents) return a.priceCents < b.priceCents ? -1 : 1
  return b.freeSlots - a.freeSlots || byText(a.node.id, b.node.id)
}

/** Why `first` goes before `later`, with the figures that decided it. The order is the one of `compareCandidates`. */
export function whyBefore(first: Candidate, later: Candidate): Readonly<Record<string, string | number>> {
  const [granted, laterGranted] = [tierGranted(first.node), tierGranted(later.node)]
  const differenceCents = String(later.priceCents - first.priceCents)
  const by = (decider: Decider, facts: Readonly<Record<string, string | number>> = {}) => ({ by: decider, ...facts })
  if (granted !== laterGranted) return by('tier', { granted: laterGranted, than: granted, differenceCents })
  if (first.priceCents !== later.priceCents) return by('price', { differenceCents })
  if (first.freeSlots !== later.freeSlots) return by('free-slots', { free: later.freeSlots, than: first.freeSlots })
  return by('id')
}

/** Urgency first, then age, then the id. */
export function compareJobs(a: AllocatorJob, b: AllocatorJob): number {
  return URGENCY_RANK[a.urgency] - URGENCY_RANK[b.urgency] || a.orderedAt - b.orderedAt || byText(a.id, b.id)
}

function reasonFor(node: AllocatorNode, refusal: Refusal): Reason {
  return { code: refusal.code, nodeId: node.id, nodeName: node.name, ownerKind: node.ownerKind, facts: refusal.facts }
}

type Considered = { readonly fits: readonly Candidate[]; readonly refusals: ReadonlyMap<string, Refusal> }

/** Looks at every node for one job. @param free the slots that are left, by node id */
function consider(nodes: readonly AllocatorNode[], free: ReadonlyMap<string, number>, job: AllocatorJob): Considered {
  const fits: Candidate[] = []
  const refusals = new Map<string, Refusal>()
  for (const node of nodes) {
    const priceCents = quoteCents({ ...job, floorMicro: node.floorMicro, cpuMs: job.needs.cpuMs })
    const freeSlots = free.get(node.id) as number
    const refusal = refuseForGood(job, node, priceCents) ?? refuseForNow(job, node, freeSlots)
    if (refusal) refusals.set(node.id, refusal)
    else fits.push({ node, priceCents, freeSlots })
  }
  return { fits, refusals }
}

const bestOf = (fits: readonly Candidate[]): Candidate | undefined =>
  fits.reduce<Candidate | undefined>((best, one) => (best && compareCandidates(best, one) <= 0 ? best : one), undefined)

/** One reason per node: why it was chosen, why it came behind, or what keeps the job from it. */
function explain(
  nodes: readonly AllocatorNode[],
  { fits, refusals }: Considered,
  best: Candidate | undefined,
): Reason[] {
  const candidates = new Map(fits.map((one) => [one.node.id, one]))
  const second = bestOf(fits.filter((one) => one !== best))
  return nodes.map((node) => {
    const refusal = refusals.get(node.id)
    if (refusal) return reasonFor(node, refusal)
    const own = candidates.get(node.id) as Candidate
    const priceCents = String(own.priceCents)
    if (own === best) {
      const lead = second ? { before: second.node.name, ...whyBefore(own, second) } : { by: 'only' }
      return reasonFor(node, { code: 'chosen', facts: { priceCents, ...lead } })
    }
    const behind = best ? { behind: best.node.name, ...whyBefore(best, own) } : {}
    return reasonFor(node, { code: 'dearer', facts: { priceCents, ...behind } })
  })
}

/**
 * Places each job on the best node that may have it, considering every node (nothing is sampled), and says of
 * every node why it was or was not chosen. Pure: the same snapshot gives the same answer in the same order.
 */
export function allocate(nodes: readonly AllocatorNode[], jobs: readonly AllocatorJob[]): Allocation {
  const ordered = [...nodes].sort((a, b) => byText(a.id, b.id))
  const free = new Map(ordered.map((node) => [node.id, node.freeSlots]))
  const placements: Placement[] = []
  const reasons = new Map<string, readonly Reason[]>()
  for (const job of [...jobs].sort(compareJobs)) {
    const considered = consider(ordered, free, job)
    const best = bestOf(considered.fits)
    if (best) {
      free.set(best.node.id, best.freeSlots - 1)
      placements.push({ jobId: job.id, nodeId: best.node.id, priceCents: best.priceCents })
    }
    reasons.set(job.id, explain(ordered, considered, best))
  }
  return { placements, reasons }
}

/**
 * What one job would meet now, without placing it: the nodes that may have it in the allocator's own order, and a
 * reason for every node. Nothing is taken: the next to ask sees the same slots.
 */
export function rankOffers(
  nodes: readonly AllocatorNode[],
  job: AllocatorJob,
): { readonly offers: readonly Candidate[]; readonly reasons: readonly Reason[] } {
  const ordered = [...nodes].sort((a, b) => byText(a.id, b.id))
  const considered = consider(ordered, new Map(ordered.map((node) => [node.id, node.freeSlots])), job)
  const offers = [...considered.fits].sort(compareCandidates)
  return { offers, reasons: explain(ordered, considered, offers[0]) }
}
