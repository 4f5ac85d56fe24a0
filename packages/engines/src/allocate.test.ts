import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AllocatorJob,
  type AllocatorNode,
  allocate,
  type ReasonCode,
  rankOffers,
  tierGranted,
} from './allocate.ts'
import { quoteCents } from './price.ts'

const DIGEST = 'a'.repeat(64)

const node = (id: string, over: Partial<AllocatorNode> = {}): AllocatorNode => ({
  id,
  name: `node ${id}`,
  ownerOrgId: `org_${id}`,
  ownerKind: 'home',
  trusted: false,
  region: 'beijing',
  jurisdiction: 'CN',
  online: true,
  draining: false,
  freeSlots: 1,
  memoryMb: 4096,
  gpus: 0,
  runtimes: ['ts-kernel'],
  workloads: [{ id: 'w.a', version: '1.0.0', digest: DIGEST }],
  sandbox: { isolatesNetwork: true, isolatesFiles: true },
  floorMicro: 10_000n,
  ...over,
})

const job = (id: string, over: Partial<AllocatorJob> = {}): AllocatorJob => ({
  id,
  orgId: 'org_hospital',
  urgency: 'routine',
  tier: 1,
  jurisdictions: ['CN'],
  workload: 'w.a',
  version: '1.0.0',
  digest: DIGEST,
  pinned: true,
  needs: { runtime: 'ts-kernel', memoryMb: 512, gpus: 0, cpuMs: 10_000n },
  factorBps: 10_000n,
  maxPriceCents: 100n,
  excluded: [],
  orderedAt: 1,
  ...over,
})

const codes = (nodes: AllocatorNode[], one: AllocatorJob) =>
  Object.fromEntries((allocate(nodes, [one]).reasons.get(one.id) ?? []).map((r) => [r.nodeId, r.code]))

/** Obviously right and slow: every rule in one list, and the best node is the one that no other beats. */
function naive(nodes: readonly AllocatorNode[], jobs: readonly AllocatorJob[]) {
  const rank = ['stat', 'urgent', 'routine']
  const taken = new Map<string, number>()
  const placements: { jobId: string; nodeId: string; priceCents: bigint }[] = []
  const reasons = new Map<string, Map<string, ReasonCode>>()
  const waiting = [...jobs]
  const goesBefore = (a: AllocatorJob, b: AllocatorJob) => {
    if (a.urgency !== b.urgency) return rank.indexOf(a.urgency) < rank.indexOf(b.urgency)
    if (a.orderedAt !== b.orderedAt) return a.orderedAt < b.orderedAt
    return a.id < b.id
  }
  while (waiting.length > 0) {
    const next = waiting.find((a) => waiting.every((b) => a === b || goesBefore(a, b))) as AllocatorJob
    waiting.splice(waiting.indexOf(next), 1)
    const price = (n: AllocatorNode) =>
      quoteCents({ floorMicro: n.floorMicro, cpuMs: next.needs.cpuMs, factorBps: next.factorBps })
    const own = (n: AllocatorNode) => n.ownerOrgId === next.orgId
    const hospital = (n: AllocatorNode) => n.ownerKind === 'hospital'
    const free = (n: AllocatorNode) => n.freeSlots - (taken.get(n.id) ?? 0)
    const rules: [ReasonCode, (n: AllocatorNode) => boolean][] = [
      ['tier', (n) => next.tier === 3 && !hospital(n)],
      ['same-owner-only', (n) => next.tier === 3 && !own(n)],
      ['tier', (n) => next.tier === 2 && !(hospital(n) && own(n)) && !(n.trusted && n.ownerKind !== 'home')],
      [
        'jurisdiction',
        (n) => !next.jurisdictions.includes(n.jurisdiction) && !next.jurisdictions.includes(n.jurisdiction.slice(0, 2)),
      ],
      ['sandbox', (n) => !next.pinned && !(n.sandbox.isolatesFiles && n.sandbox.isolatesNetwork)],
      ['runtime', (n) => !n.runtimes.includes(next.needs.runtime)],
      [
        'runtime',
        (n) =>
          !n.workloads.some((w) => w.id === next.workload && w.version === next.version && w.digest === next.digest),
      ],
      ['memory', (n) => n.memoryMb < next.needs.memoryMb],
      ['gpu', (n) => n.gpus < next.needs.gpus],
      ['price', (n) => price(n) > next.maxPriceCents],
      ['tried-before', (n) => next.excluded.includes(n.id)],
      ['offline', (n) => !n.online],
      ['draining', (n) => n.draining],
      ['busy', (n) => free(n) <= 0],
    ]
    const answer = new Map<string, ReasonCode>()
    for (const n of nodes) answer.set(n.id, rules.find(([, broken]) => broken(n))?.[0] ?? 'dearer')
    const fits = nodes.filter((n) => answer.get(n.id) === 'dearer')
    const beats = (a: AllocatorNode, b: AllocatorNode) => {
      if (tierGranted(a) !== tierGranted(b)) return tierGranted(a) < tierGranted(b)
      if (price(a) !== price(b)) return price(a) < price(b)
      if (free(a) !== free(b)) return free(a) > free(b)
      return a.id < b.id
    }
    const best = fits.find((a) => fits.every((b) => a === b || beats(a, b)))
    if (best) {
      answer.set(best.id, 'chosen')
      taken.set(best.id, (taken.get(best.id) ?? 0) + 1)
      placements.push({ jobId: next.id, nodeId: best.id, priceCents: price(best) })
    }
    reasons.set(next.id, answer)
  }
  return { placements, reasons }
}

/** The first value nine times in ten, so that most nodes fit something and the comparison has work to do. */
const mostly = <T>(usual: T, ...odd: T[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })

const jurisdiction = fc.constantFrom('CN', 'CN-44', 'SG')
const anyNode = (index: number): fc.Arbitrary<AllocatorNode> =>
  fc
    .record({
      ownerOrgId: fc.constantFrom('org_hospital', 'org_other', 'org_home'),
      ownerKind: fc.constantFrom('home', 'hospital', 'computing-centre', 'data-centre'),
      trusted: fc.boolean(),
      jurisdiction,
      online: mostly(true, false),
      draining: mostly(false, true),
      freeSlots: fc.integer({ min: 0, max: 3 }),
      memoryMb: fc.constantFrom(256, 512, 1024),
      gpus: fc.integer({ min: 0, max: 2 }),
      runtimes: fc.constantFrom(['ts-kernel'], ['ts-kernel', 'onnx'], ['ts-kernel', 'onnx'], []),
      workloads: mostly(
        [{ id: 'w.a', version: '1.0.0', digest: DIGEST }],
        [{ id: 'w.a', version: '1.0.0', digest: 'b'.repeat(64) }],
        [{ id: 'w.a', version: '1.0.1', digest: DIGEST }],
      ),
      sandbox: fc.constantFrom(
        { isolatesNetwork: true, isolatesFiles: true },
        { isolatesNetwork: false, isolatesFiles: false },
      ),
      floorMicro: fc.bigInt({ min: 0n, max: 100_000n }),
    })
    .map((over) => node(`n${index}`, over as Partial<AllocatorNode>))

const anyJob = (index: number): fc.Arbitrary<AllocatorJob> =>
  fc
    .record({
      urgency: fc.constantFrom('stat', 'urgent', 'routine'),
      tier: fc.constantFrom(0, 1, 2, 3),
      jurisdictions: fc.constantFrom(['CN'], ['CN-44'], ['SG'], ['CN', 'SG']),
      pinned: fc.boolean(),
      needs: fc.record({
        runtime: fc.constantFrom('ts-kernel', 'onnx'),
        memoryMb: fc.constantFrom(256, 512),
        gpus: fc.integer({ min: 0, max: 1 }),
        cpuMs: fc.bigInt({ min: 1n, max: 30_000n }),
      }),
      factorBps: fc.constantFrom(10_000n, 15_000n, 20_000n),
      maxPriceCents: fc.bigInt({ min: 1n, max: 200n }),
      excluded: fc.subarray(['n0', 'n1', 'n2']),
      orderedAt: fc.integer({ min: 0, max: 3 }),
    })
    .map((over) => job(`j${index}`, over as Partial<AllocatorJob>))

const list = <T>(one: (index: number) => fc.Arbitrary<T>, max: number) =>
  fc.integer({ min: 0, max }).chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => one(i))))

describe('the allocator', () => {
  test('agrees with its naive twin over random markets, placements and every reason', () => {
    let placed = 0
    fc.assert(
      fc.property(list(anyNode, 12), list(anyJob, 8), (nodes, jobs) => {
        const fast = allocate(nodes, jobs)
        const slow = naive(nodes, jobs)
        placed += fast.placements.length
        expect(fast.placements).toEqual(slow.placements)
        for (const one of jobs) {
          const reasons = fast.reasons.get(one.id) ?? []
          expect(reasons.map((r) => r.nodeId)).toEqual(nodes.map((n) => n.id).sort())
          expect(new Map(reasons.map((r) => [r.nodeId, r.code]))).toEqual(slow.reasons.get(one.id))
        }
      }),
      { numRuns: 1_500, verbose: 1 },
    )
    // The random markets are worth comparing only while many of them really place something.
    expect(placed).toBeGreaterThan(300)
  })

  test('gives the same answer whatever order nodes and jobs come in', () => {
    fc.assert(
      fc.property(list(anyNode, 10), list(anyJob, 6), (nodes, jobs) => {
        const there = allocate(nodes, jobs)
        const back = allocate([...nodes].reverse(), [...jobs].reverse())
        expect(back.placements).toEqual(there.placements)
        expect([...back.reasons]).toEqual([...there.reasons])
      }),
      { numRuns: 300, verbose: 1 },
    )
  })

  test('never gives a node more jobs than it has free slots, and never above the order price', () => {
    fc.assert(
      fc.property(list(anyNode, 8), list(anyJob, 8), (nodes, jobs) => {
        const { placements } = allocate(nodes, jobs)
        for (const n of nodes)
          expect(placements.filter((p) => p.nodeId === n.id).length).toBeLessThanOrEqual(n.freeSlots)
        for (const p of placements)
          expect(p.priceCents <= (jobs.find((j) => j.id === p.jobId) as AllocatorJob).maxPriceCents).toBe(true)
      }),
      { numRuns: 300, verbose: 1 },
    )
  })

  test('keeps head images on the ordering hospital’s own node and says why the others are refused', () => {
    const nodes = [
      node('home'),
      node('other-hospital', { ownerKind: 'hospital', trusted: true }),
      node('own-hospital', { ownerKind: 'hospital', ownerOrgId: 'org_hospital', floorMicro: 90_000n }),
      node('centre', { ownerKind: 'computing-centre', trusted: true }),
      node('own-home', { ownerOrgId: 'org_hospital' }),
    ]
    expect(codes(nodes, job('mr', { tier: 3 }))).toEqual({
      home: 'tier',
      'other-hospital': 'same-owner-only',
      'own-hospital': 'chosen',
      centre: 'tier',
      'own-home': 'tier',
    })
  })

  test('gives tier 2 only to institutions that the network trusts', () => {
    const nodes = [
      node('centre', { ownerKind: 'computing-centre' }),
      node('data-centre', { ownerKind: 'data-centre', trusted: true }),
      node('home', { trusted: true }),
      node('stranger', { ownerKind: 'hospital' }),
    ]
    expect(codes(nodes, job('ct', { tier: 2 }))).toEqual({
      centre: 'tier',
      'data-centre': 'chosen',
      home: 'tier',
      stranger: 'tier',
    })
  })

  test('prefers the lowest sufficient tier, then the lower price, then the freer node, then the id', () => {
    const first = (nodes: AllocatorNode[]) => allocate(nodes, [job('j')]).placements[0]?.nodeId
    expect(first([node('a', { ownerKind: 'hospital', floorMicro: 1n }), node('b')])).toBe('b')
    expect(first([node('a', { floorMicro: 20_000n }), node('b')])).toBe('b')
    expect(first([node('a'), node('b', { freeSlots: 2 })])).toBe('b')
    expect(first([node('b'), node('a')])).toBe('a')
  })

  test('serves urgent work first when there is one slot, and tells the other job that the node is busy', () => {
    const { placements, reasons } = allocate(
      [node('only')],
      [job('old', { orderedAt: 1 }), job('stat', { urgency: 'stat', orderedAt: 9 })],
    )
    expect(placements.map((p) => p.jobId)).toEqual(['stat'])
    expect(reasons.get('old')?.map((r) => r.code)).toEqual(['busy'])
  })

  test('a price is rounded up to a cent, never down, and is never nothing', () => {
    expect(quoteCents({ floorMicro: 10_000n, cpuMs: 1_000n, factorBps: 10_000n })).toBe(1n)
    expect(quoteCents({ floorMicro: 10_001n, cpuMs: 1_000n, factorBps: 10_000n })).toBe(2n)
    expect(quoteCents({ floorMicro: 500_000n, cpuMs: 12_000n, factorBps: 15_000n })).toBe(900n)
    expect(quoteCents({ floorMicro: 0n, cpuMs: 1_000n, factorBps: 10_000n })).toBe(1n)
  })

  test('says of every node that came behind what decided it, and ranks offers as it would place them', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 8 }), anyJob(0), (picks, one) => {
        const nodes = picks.flatMap((pick, index) => fc.sample(anyNode(index), { seed: pick, numRuns: 1 }))
        const { placements } = allocate(nodes, [one])
        const { offers, reasons } = rankOffers(nodes, one)
        expect(offers[0]?.node.id).toBe(placements[0]?.nodeId)
        // Taking the first away each time must give the rest of the list: a ranking is a chain of placements.
        const left = new Set(nodes.map(({ id }) => id))
        for (const { node: offered } of offers) {
          const next = allocate(
            nodes.filter(({ id }) => left.has(id)),
            [one],
          ).placements[0]
          expect(next?.nodeId).toBe(offered.id)
          left.delete(offered.id)
        }
        const [best] = offers
        for (const reason of reasons.filter(({ code }) => code === 'dearer')) {
          const own = offers.find(({ node: { id } }) => id === reason.nodeId)
          const difference = (own?.priceCents ?? 0n) - (best?.priceCents ?? 0n)
          if (reason.facts.by === 'price')
            expect([difference > 0n, reason.facts.differenceCents]).toEqual([true, `${difference}`])
          if (reason.facts.by === 'free-slots') expect([difference, reason.facts.than]).toEqual([0n, best?.freeSlots])
          if (reason.facts.by === 'id') expect([difference, own?.freeSlots]).toEqual([0n, best?.freeSlots])
          if (reason.facts.by === 'tier')
            expect(tierGranted(own?.node as AllocatorNode)).toBeGreaterThan(tierGranted(best?.node as AllocatorNode))
        }
      }),
      { numRuns: 300 },
    )
  })
})
