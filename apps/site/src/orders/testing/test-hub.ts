import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AcceptResult, JobOrder, type JobView, type LeaseView, RejectResult } from '@bithive/api/compute'
import { canonicalEnvelope } from '@bithive/api/result-envelope'
import type { WorkloadResult } from '@bithive/api/workload'
import { systemClock } from '@bithive/kernel/clock'
import { sha256Hex } from '@bithive/kernel/ids'
import { createSealKeys, createSignKeys, openSealed, seal, signText } from '@bithive/kernel/sealed-box'
import { findWorkload } from '@bithive/workloads'

/** One request as it stood on the wire. */
type Seen = {
  readonly method: string
  readonly path: string
  readonly headers: string
  readonly body: Uint8Array
}

type Job = {
  readonly order: JobOrder
  readonly jobId: string
  state: JobView['state']
  updatedAt: number
  epoch: number
  lease?: LeaseView
  /** Sealed input of the latest lease. */
  sealed?: Uint8Array
  result?: { bytes: Uint8Array; view: NonNullable<JobView['result']> }
  problem?: string
}

export type TestHubOptions = {
  readonly token: string
  /** What the lease says of the node; a home node unless told. */
  readonly recipient?: Partial<LeaseView>
  /** Changes what the node computed before it is sealed and signed. */
  readonly spoil?: (result: WorkloadResult, epoch: number) => unknown
  /** False: nothing happens until `lease` and `compute` are called. */
  readonly automatic?: boolean
}

const NODE = {
  nodeId: 'nod_test',
  nodeName: 'Test node',
  ownerOrgId: 'org_node-owner',
  ownerKind: 'home',
  region: 'guangzhou',
  jurisdiction: 'CN-44',
} as const

/**
 * A hub for one test: it speaks the compute protocol over HTTP, and its node opens, computes and seals for real.
 * It keeps no money. Everything that reaches it is kept, sealed and opened.
 */
export async function startTestHub(options: TestHubOptions) {
  const node = { seal: createSealKeys(), sign: createSignKeys() }
  const jobs = new Map<string, Job>()
  const seen: Seen[] = []
  const opened: Uint8Array[] = []
  const waiting = new Set<() => void>()
  const settings = { ...options, automatic: options.automatic ?? true, dropAnswers: 0, failWith: 0 }
  // Like a real hub's `updatedAt`: rising over restarts and from one hub to the next on one database.
  let last = 0
  const tick = () => {
    last = Math.max(last + 1, systemClock.now())
    return last
  }
  let number = 0

  const change = (job: Job, state: Job['state']) => {
    job.state = state
    job.updatedAt = tick()
    for (const wake of [...waiting]) wake()
  }
  const view = (job: Job): JobView => ({
    jobId: job.jobId,
    requestId: job.order.requestId,
    orgId: 'org_site',
    workload: job.order.workload,
    version: job.order.version,
    urgency: job.order.urgency,
    tier: job.order.tier,
    state: job.state,
    stateText: { zh: job.state, en: job.state },
    attempt: job.epoch,
    createdAt: 1,
    updatedAt: job.updatedAt,
    ...(job.lease ? { lease: job.lease } : {}),
    ...(job.result ? { result: job.result.view } : {}),
    ...(job.problem ? { problem: job.problem } : {}),
    money: [],
    placement: [{ code: 'chosen', nodeId: NODE.nodeId, nodeName: NODE.nodeName, ownerKind: NODE.ownerKind, facts: {} }],
  })

  const lease = (job: Job) => {
    job.epoch++
    delete job.result
    delete job.sealed
    const keys = { nodeKey: node.seal.publicKey, signKey: node.sign.publicKey }
    const own = { leaseId: `lea_${job.epoch}`, epoch: job.epoch, expiresAt: 4_000_000_000_000 }
    job.lease = { ...NODE, ...keys, ...own, ...settings.recipient }
    change(job, 'leased')
  }

  /** What the node does: open, check, compute, seal, sign. */
  const compute = async (job: Job) => {
    const { epoch, order, jobId } = job
    const bundle = await openSealed(node.seal, job.sealed as Uint8Array, `input:${jobId}:${epoch}`)
    opened.push(bundle)
    if (sha256Hex(bundle) !== order.inputSha256) throw new Error('the input is not the one that was ordered')
    change(job, 'running')
    const workload = findWorkload(order.workload)
    const result = await workload.run({ bundle }, () => {}, new AbortController().signal)
    const said = settings.spoil ? settings.spoil(result, epoch) : result
    const plain = Buffer.from(typeof said === 'string' ? said : JSON.stringify(said))
    const sealed = await seal(order.resultKey, plain, `result:${jobId}:${epoch}`)
    const envelope = {
      jobId,
      epoch,
      nodeId: NODE.nodeId,
      workload: order.workload,
      version: order.version,
      workloadDigest: workload.digest,
      inputSha256: order.inputSha256,
      resultSha256: sha256Hex(plain),
      sealedSha256: sha256Hex(sealed),
      cpuMs: 1,
      startedAt: 1,
      endedAt: 2,
    }
    const { resultSha256, sealedSha256 } = envelope
    const signature = signText(node.sign, canonicalEnvelope(envelope))
    job.result = {
      bytes: sealed,
      view: { epoch, resultSha256, sealedSha256, bytes: sealed.length, envelope, signature },
    }
    change(job, 'returned')
  }

  const place = (body: Uint8Array): Job => {
    const order = JobOrder.parse(JSON.parse(Buffer.from(body).toString()))
    const known = [...jobs.values()].find((job) => job.order.requestId === order.requestId)
    if (known) return known
    const job: Job = { order, jobId: `job_${++number}`, state: 'queued', updatedAt: tick(), epoch: 0 }
    jobs.set(job.jobId, job)
    change(job, 'queued')
    return job
  }

  const poll = async (query: URLSearchParams) => {
    const after = Number(query.get('after') ?? 0)
    const changed = () => [...jobs.values()].filter((job) => job.updatedAt > after)
    if (changed().length === 0) {
      const held = new AbortController()
      const wake = () => held.abort()
      waiting.add(wake)
      await systemClock.sleep(Number(query.get('waitMs') ?? 0), held.signal).catch(() => {})
      waiting.delete(wake)
    }
    const found = changed().sort((a, b) => a.updatedAt - b.updatedAt)
    return { jobs: found.map(view), next: found.at(-1)?.updatedAt ?? after }
  }

  type Answer = { status: number; json?: unknown; bytes?: Uint8Array }
  const problem = (status: number, code: string): Answer => ({ status, json: { code } })

  const onJob = async (job: Job, act: string, body: Uint8Array): Promise<Answer> => {
    const text = Buffer.from(body).toString()
    if (act === '') return { status: 200, json: view(job) }
    if (act.startsWith('input/')) {
      if (Number(act.slice(6)) !== job.epoch || job.state !== 'leased') return problem(409, 'compute.stale-epoch')
      job.sealed = body
      change(job, 'staged')
      return { status: 204 }
    }
    if (act === 'result') {
      return job.result ? { status: 200, bytes: job.result.bytes } : problem(404, 'compute.no-result')
    }
    if (act === 'accept') {
      const { epoch, resultSha256 } = AcceptResult.parse(JSON.parse(text))
      if (epoch !== job.epoch || resultSha256 !== job.result?.view.resultSha256) {
        return problem(409, 'compute.result-differs')
      }
      if (job.state === 'returned') change(job, 'accepted')
      return { status: 200, json: view(job) }
    }
    if (act === 'reject') {
      RejectResult.parse(JSON.parse(text))
      change(job, 'queued')
      return { status: 200, json: view(job) }
    }
    if (act === 'cancel') {
      if (['returned', 'accepted', 'settled'].includes(job.state)) return problem(409, 'compute.wrong-state')
      change(job, 'cancelled')
      return { status: 200, json: view(job) }
    }
    return problem(404, 'http.not-found')
  }

  /** What the market does next with a job, when it acts by itself. */
  const goOn = (job: Job) => {
    if (!settings.automatic) return
    if (job.state === 'queued') lease(job)
    else if (job.state === 'staged') void compute(job).catch(() => change(job, 'failed'))
    else if (job.state === 'accepted') change(job, 'settled')
  }

  const answer = async (request: IncomingMessage, body: Uint8Array): Promise<Answer> => {
    const url = new URL(request.url ?? '/', 'http://hub')
    if (request.headers.authorization !== `Bearer ${options.token}`) return problem(401, 'http.not-signed-in')
    if (url.pathname === '/hub/v1/jobs' && request.method === 'GET') {
      return { status: 200, json: await poll(url.searchParams) }
    }
    if (settings.failWith) return problem(settings.failWith, 'compute.insufficient-funds')
    if (url.pathname === '/hub/v1/jobs') {
      const job = place(body)
      const told = view(job)
      goOn(job)
      return { status: 201, json: told }
    }
    const [, jobId = '', act = ''] = /^\/hub\/v1\/jobs\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? []
    const job = jobs.get(jobId)
    if (!job) return problem(404, 'http.not-found')
    const told = await onJob(job, act, body)
    if (request.method !== 'GET') goOn(job)
    return told
  }

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const headers = JSON.stringify(request.rawHeaders)
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers, body })
    const told = await answer(request, body)
    if (request.method !== 'GET' && settings.dropAnswers > 0) {
      settings.dropAnswers--
      request.socket.destroy()
      return
    }
    response.statusCode = told.status
    if (told.bytes) response.end(told.bytes)
    else if (told.json) response.end(JSON.stringify(told.json))
    else response.end()
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy())
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    for (const wake of [...waiting]) wake()
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    jobs,
    seen,
    /** Bundles as the node opened them. */
    opened,
    /** May be changed while the hub runs: `automatic`, `recipient`, `spoil`, `dropAnswers`, `failWith`. */
    settings,
    view,
    change,
    lease,
    compute,
    /** Number of requests whose method and path match. */
    count: (method: string, path: RegExp) => seen.filter((s) => s.method === method && path.test(s.path)).length,
    start: () => listen(port),
    stop,
  }
}

export type TestHub = Awaited<ReturnType<typeof startTestHub>>
