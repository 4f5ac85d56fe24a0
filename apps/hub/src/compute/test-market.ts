import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobState, JobView, NodeFacts, NodeTokenOrder, OwnerKind, Urgency } from '@bithive/api/compute'
import type { Actor } from '@bithive/kernel/actor'
import { createAudit } from '@bithive/kernel/audit'
import { createFileBlobs } from '@bithive/kernel/blobs'
import { createManualClock } from '@bithive/kernel/clock'
import { createHttp } from '@bithive/kernel/http'
import { createIds, sha256Hex } from '@bithive/kernel/ids'
import { createIntents } from '@bithive/kernel/intents'
import { type Log, silentLog } from '@bithive/kernel/log'
import { createParameters } from '@bithive/kernel/parameters'
import { createSeededRandomness, systemRandomness } from '@bithive/kernel/randomness'
import { createSealKeys, openSealed, seal } from '@bithive/kernel/sealed-box'
import { serve } from '@bithive/kernel/serve'
import { createTestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { createLedger, ledgerMigrations, NETWORK, requireBooked } from '../ledger/index.ts'
import { computeMigrations, createCompute } from './index.ts'
import type { ComputeDeps } from './ports.ts'
import { type Behaviour, computeResult, joinTestNode, type TestNode } from './test-node.ts'

const START = 1_800_000_000_000
const DIGEST = 'a'.repeat(64)
const ASSET = { code: 'BTT', scale: 6, closed: false }
/** Micro-BTT for one cent. */
const RATE = 20_000n

export const HOSPITAL = 'org_hospital'
export const AUTHOR = 'org_author'

const ORGANISATIONS: Readonly<Record<string, { ownerKinds: readonly OwnerKind[]; trusted: boolean }>> = {
  [HOSPITAL]: { ownerKinds: ['hospital'], trusted: true },
  org_stranger: { ownerKinds: ['hospital', 'home'], trusted: true },
  org_home: { ownerKinds: ['home'], trusted: false },
  org_centre: { ownerKinds: ['computing-centre'], trusted: true },
  org_elsewhere: { ownerKinds: ['home'], trusted: false },
  [AUTHOR]: { ownerKinds: ['home'], trusted: false },
}

const workload = (id: string, dataClass: string) => ({
  card: {
    id,
    version: '1.0.0',
    title: { zh: '测试', en: 'Test' },
    intendedUse: { zh: '测试', en: 'Test' },
    source: 'none',
    limits: { zh: '测试', en: 'Test' },
    author: { key: 'author', name: { zh: '作者', en: 'Author' } },
    modalities: ['CT'],
    dataClass,
    defaultTier: 1 as const,
    needs: { runtime: 'ts-kernel' as const, memoryMb: 512, gpus: 0, cpuSeconds: 10 },
    shares: { basePayBps: 8500, royaltyBps: 1000, feeBps: 500, poolBps: 0 },
    approvedForDiagnosis: false as const,
  },
  digest: DIGEST,
  authorOrgId: AUTHOR,
})
const WORKLOADS = [workload('test.chest', 'imaging.chest'), workload('test.head', 'imaging.head')]

export const factsOf = (change: Partial<NodeFacts> = {}): NodeFacts => ({
  agentVersion: '0.1.0',
  platform: 'linux-x64',
  cpuCores: 4,
  memoryMb: 8192,
  scratchFreeMb: 10_000,
  gpus: 0,
  benchmark: 100,
  sandbox: { kind: 'bubblewrap', isolatesNetwork: true, isolatesFiles: true },
  runtimes: ['ts-kernel'],
  workloads: WORKLOADS.map(({ card, digest }) => ({ id: card.id, version: card.version, digest })),
  ...change,
})

export type OrderOptions = {
  urgency?: Urgency
  tier?: 0 | 1 | 2 | 3
  workload?: string
  maxPrice?: string
  jurisdictions?: string[]
  orgId?: string
  requestId?: string
  input?: Uint8Array
}

export type NodeOptions = {
  orgId?: string
  kind?: OwnerKind
  trusted?: boolean
  jurisdiction?: string
  floorPrice?: string
  slots?: number
  facts?: Partial<NodeFacts>
  behaviour?: Partial<Behaviour>
  connect?: boolean
}

/** Waits for a condition on real sockets and a real database; fails with what it last saw. */
export async function until<T>(
  what: string,
  find: () => Promise<T | undefined | false>,
  withinMs = 15_000,
): Promise<T> {
  const end = performance.now() + withinMs
  while (performance.now() < end) {
    const found = await find()
    if (found) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`waited in vain for: ${what}`)
}

/** `Bearer org:role,role:kind` signs a test's caller in. */
const actorFrom = (request: Request): Actor | undefined => {
  const [orgId, roles, kind = 'site'] = (request.headers.get('authorization') ?? '').replace('Bearer ', '').split(':')
  if (!orgId?.startsWith('org_')) return undefined
  return { id: `${kind}_${orgId}`, kind: kind as Actor['kind'], orgId, roles: (roles ?? '').split(',') }
}

export type HubChange = Partial<ComputeDeps> & { readonly workers?: boolean }

/** A database of its own with funded organisations, and hubs on it that speak over real sockets. */
export async function market(options: { fundCents?: bigint; log?: Log } = {}) {
  const log = options.log ?? silentLog
  const db = await createTestDatabase({ name: 'hub', rooms: [ledgerMigrations, computeMigrations], maxConnections: 8 })
  const directory = mkdtempSync(join(tmpdir(), 'bithive-compute-'))
  const clock = createManualClock(START)
  const randomness = createSeededRandomness(11n)
  const ids = createIds({ clock, randomness: systemRandomness })
  const leaseSecret = randomness.bytes(32)
  const blobs = createFileBlobs({ directory })
  const nodes = new Map<string, TestNode>()
  const sites = new Map<string, { keys: ReturnType<typeof createSealKeys>; input: Uint8Array }>()

  const books = createLedger({ db, clock, log })
  await books.defineAsset(ASSET)
  const supply = await books.ensureAccounts(NETWORK, ASSET.code, 'supply')
  const fund = async (orgId: string, cents: bigint) => {
    for (const [shard, credit] of (await books.ensureAccounts(orgId, ASSET.code, 'holder')).entries())
      requireBooked(
        await books.submit([
          { id: ids.uuid(), debit: supply[shard] as bigint, credit, amount: cents * RATE, code: 'sample-funding' },
        ]),
      )
  }
  await fund(HOSPITAL, options.fundCents ?? 100_000n)

  /** Starts a hub on the market's database, as a process that has just come up would. */
  const startHub = async (change: HubChange = {}) => {
    const ledger = change.ledger ?? createLedger({ db: change.db ?? db, clock, log })
    const on = { db: change.db ?? db, clock, ids, log }
    const compute = await createCompute({
      ...on,
      randomness: systemRandomness,
      audit: createAudit(on),
      intents: createIntents(on),
      parameters: createParameters(on),
      blobs,
      ledger,
      settlement: {
        asset: ASSET.code,
        scale: ASSET.scale,
        fromAccounting: (cents) => cents * RATE,
        rate: () => ({ unitsPerFen: String(RATE), source: 'sample' }),
      },
      feeOwner: NETWORK,
      workloadOf: async (id, version) => WORKLOADS.find(({ card }) => card.id === id && card.version === version),
      organisationOf: async (orgId) => {
        const found = ORGANISATIONS[orgId]
        return found && { name: orgId, ...found }
      },
      leaseSecret,
      limits: { inputBytes: 100_000, resultBytes: 100_000 },
      ...change,
    })
    const app = createHttp({ log, ids, clock, authenticate: async (request) => actorFrom(request) })
    app.route('/hub/v1', compute.routes)
    const served = await serve({ host: '127.0.0.1', port: 0, fetch: app.fetch })
    compute.attach(served.server)
    const workers = change.workers === false ? undefined : startWorkers(compute.workers)
    return {
      compute,
      url: served.url,
      stop: async () => {
        await workers?.stop()
        await compute.stop()
        await served.stop()
      },
    }
  }
  let hub = await startHub()

  const call = (method: string, path: string, init: { as?: string; json?: unknown; body?: Uint8Array } = {}) =>
    fetch(`${hub.url}/hub/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${init.as ?? `${HOSPITAL}:orderer`}`, 'accept-language': 'en' },
      ...(init.json === undefined ? {} : { body: JSON.stringify(init.json) }),
      ...(init.body === undefined ? {} : { body: new Uint8Array(init.body) }),
    })
  /** The answer as an object; a refusal as its code. */
  const ask = async <T = JobView>(...args: Parameters<typeof call>): Promise<T> => {
    const response = await call(...args)
    const body = await response.json()
    if (!response.ok) throw new Error(`${response.status} ${(body as { code: string }).code}`)
    return body as T
  }

  const view = (jobId: string) => ask('GET', `/jobs/${jobId}`)
  const untilState = (jobId: string, ...states: JobState[]) =>
    until(`${jobId} to be ${states.join(' or ')}`, async () => {
      const job = await view(jobId)
      return states.includes(job.state) && job
    })

  const order = async (given: OrderOptions = {}) => {
    const keys = createSealKeys()
    const input = given.input ?? systemRandomness.bytes(64)
    const json = {
      requestId: given.requestId ?? ids.next('ord'),
      workload: given.workload ?? 'test.chest',
      version: '1.0.0',
      urgency: given.urgency ?? 'routine',
      tier: given.tier ?? 1,
      jurisdictions: given.jurisdictions ?? ['CN'],
      dataClass: given.workload === 'test.head' ? 'imaging.head' : 'imaging.chest',
      inputSha256: sha256Hex(input),
      inputBytes: input.length,
      resultKey: keys.publicKey,
      maxPrice: given.maxPrice ?? '12.00',
    }
    const job = await ask('POST', '/jobs', { json, as: `${given.orgId ?? HOSPITAL}:orderer` })
    sites.set(job.jobId, { keys, input })
    return { ...job, json }
  }
  const siteOf = (jobId: string) => sites.get(jobId) as { keys: ReturnType<typeof createSealKeys>; input: Uint8Array }

  /** The site seals its input to the node of the latest lease, as a site does after its own checks. */
  const stage = async (jobId: string) => {
    const { lease } = await untilState(jobId, 'leased')
    if (!lease) throw new Error('a leased job shows its lease')
    const sealed = await seal(lease.nodeKey, siteOf(jobId).input, `input:${jobId}:${lease.epoch}`)
    await ask('PUT', `/jobs/${jobId}/input/${lease.epoch}`, { body: sealed })
    return { lease, sealed }
  }
  const answerOf = (job: JobView) => ({ epoch: job.result?.epoch, resultSha256: job.result?.resultSha256 })
  /** The site fetches and opens the result, checks that it was computed on its input, and takes it. */
  const accept = async (jobId: string) => {
    const job = await untilState(jobId, 'returned')
    const sealed = new Uint8Array(await (await call('GET', `/jobs/${jobId}/result`)).arrayBuffer())
    const { keys, input } = siteOf(jobId)
    const plain = await openSealed(keys, sealed, `result:${jobId}:${job.result?.epoch}`)
    if (sha256Hex(plain) !== sha256Hex(computeResult(input))) throw new Error('another result than the input gives')
    return ask('POST', `/jobs/${jobId}/accept`, { json: answerOf(job) })
  }

  const node = async (name: string, given: NodeOptions = {}) => {
    const orgId = given.orgId ?? 'org_home'
    const tokenOrder: NodeTokenOrder = {
      ownerKind: given.kind ?? ORGANISATIONS[orgId]?.ownerKinds[0] ?? 'home',
      region: 'beijing',
      jurisdiction: given.jurisdiction ?? 'CN',
      trusted: given.trusted ?? false,
      ttlMs: 86_400_000,
    }
    const { token } = await ask<{ token: string }>('POST', '/nodes/tokens', {
      json: tokenOrder,
      as: `${orgId}:node-operator:person`,
    })
    const joined = await joinTestNode({
      name,
      url: hub.url,
      token,
      facts: factsOf(given.facts),
      ...(given.slots === undefined ? {} : { slots: given.slots }),
      ...(given.floorPrice === undefined ? {} : { floorPrice: given.floorPrice }),
      ...(given.behaviour === undefined ? {} : { behaviour: given.behaviour }),
    })
    nodes.set(name, joined)
    if (given.connect !== false) await joined.connect()
    return joined
  }

  /** Balances of everyone whom a job concerns, over all shards, in micro-BTT. */
  const balances = async () => {
    const of = async (owner: string, kind: 'holder' | 'escrow' | 'fee' | 'royalty' = 'holder') => {
      const balance = await books.balance(owner, ASSET.code, kind)
      return balance ? { posted: balance.posted, held: balance.pendingOut } : { posted: 0n, held: 0n }
    }
    const trial = await books.trialBalance()
    return {
      hospital: await of(HOSPITAL),
      home: await of('org_home'),
      centre: await of('org_centre'),
      author: (await of(AUTHOR, 'royalty')).posted,
      fee: (await of(NETWORK, 'fee')).posted,
      escrow: (await of('network:compute', 'escrow')).posted,
      balanced: trial.balanced,
    }
  }

  /** Lets time pass in beats: the nodes named keep saying that they live, everyone else is silent. */
  const pass = async (ms: number, ...beating: TestNode[]) => {
    for (let left = ms; left > 0; left -= 5_000) {
      const now = BigInt(clock.now())
      for (const one of beating) one.heartbeat()
      for (const one of beating)
        await until(`${one.name} to be heard`, async () => {
          const [row] = await db.worker<{ at: bigint }[]>`
            SELECT last_seen_at AS at FROM compute.nodes WHERE id = ${one.nodeId}`
          return row !== undefined && row.at >= now
        })
      await clock.advance(Math.min(left, 5_000))
      // The workers that were woken read and write before more time passes.
      for (let turn = 0; turn < 3; turn++) await db.worker`SELECT 1`
    }
  }

  return {
    db,
    clock,
    blobs,
    pass,
    books,
    ids,
    fund,
    node,
    nodes,
    order,
    stage,
    accept,
    answerOf,
    siteOf,
    view,
    untilState,
    ask,
    call,
    balances,
    startHub,
    url: () => hub.url,
    compute: () => hub.compute,
    /** From ordering to money, with whatever node the market chooses. */
    finish: async (jobId: string) => {
      await stage(jobId)
      await accept(jobId)
      return untilState(jobId, 'settled')
    },
    /** The codes of the allocator's last look at the job, by the node's name. */
    reasons: async (jobId: string) =>
      Object.fromEntries((await view(jobId)).placement.map((reason) => [reason.nodeName, reason.code])),
    stopHub: () => hub.stop(),
    /** A new process takes the place of the old one, at another address. */
    restart: async (change: HubChange = {}) => {
      hub = await startHub(change)
      for (const one of nodes.values()) one.moveTo(hub.url)
      return hub
    },
    close: async () => {
      for (const one of nodes.values()) await one.cut()
      await hub.stop()

      await db.drop()

      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export type Market = Awaited<ReturnType<typeof market>>
