import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobState, JobView } from '@bithive/api/compute'
import { WorkloadResult } from '@bithive/api/workload'
import { systemClock } from '@bithive/kernel/clock'
import { sha256Hex } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createSealKeys, openSealed, seal } from '@bithive/kernel/sealed-box'
import { findWorkload } from '@bithive/workloads'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bundleOf, daikonFile } from '../../../packages/workloads/src/dicom-samples.ts'
import { AUTHOR, HOSPITAL, type Market, market } from '../../hub/src/compute/test-market.ts'
import { fixtureShelf } from './fixtures/fixture-shelf.ts'
import { type Child, startChild } from './fixtures/start-child.ts'
import { type NodeEvent, runNode } from './main.ts'

/** The agent against the hub's own compute room, ledger and database. */

const CT = 'imaging.ct.lung-density'
const chest = findWorkload(CT)

type Order = { job: JobView; keys: ReturnType<typeof createSealKeys>; input: Uint8Array }

/** One address for hubs that come and go, as a load balancer gives it. */
async function createGate() {
  let target = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    return socket
  }
  const server = createServer((near) => {
    const far = keep(connect(target, '127.0.0.1'))
    keep(near).pipe(far).pipe(near)
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    pointAt: (url: string) => {
      target = Number(new URL(url).port)
      for (const socket of sockets) socket.destroy()
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

let m: Market
let gate: Awaited<ReturnType<typeof createGate>>
let directory: string
let cleanups: (() => Promise<unknown>)[]

const hubChange = {
  limits: { inputBytes: 10_000_000, resultBytes: 10_000_000 },
  workloadOf: async (id: string) => {
    const fixture = (await fixtureShelf.list()).find((one) => one.id === id)
    const { card } = chest
    if (fixture)
      return {
        card: { ...card, id, version: '1.0.0', needs: fixture.needs },
        digest: fixture.digest,
        authorOrgId: AUTHOR,
      }
    return id === CT ? { card, digest: chest.digest, authorOrgId: AUTHOR } : undefined
  },
}

const changeHub = async () => {
  await m.stopHub()
  const { url } = await m.restart(hubChange)
  gate.pointAt(url)
}

beforeEach(async () => {
  cleanups = []
  directory = await mkdtemp(join(tmpdir(), 'bithive-with-hub-'))
  m = await market()
  gate = await createGate()
  await changeHub()
})
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
  await gate.close()
  await m.close()
  await rm(directory, { recursive: true, force: true })
})

async function issueToken(): Promise<string> {
  const json = { ownerKind: 'home', region: 'beijing', jurisdiction: 'CN', trusted: false, ttlMs: 86_400_000 }
  const { token } = await m.ask<{ token: string }>('POST', '/nodes/tokens', {
    json,
    as: 'org_home:node-operator:person',
  })
  return token
}

async function order(workload: string, version: string, input: Uint8Array): Promise<Order> {
  const keys = createSealKeys()
  const json = {
    requestId: m.ids.next('ord'),
    workload,
    version,
    urgency: 'routine',
    tier: 1,
    jurisdictions: ['CN'],
    dataClass: chest.card.dataClass,
    inputSha256: sha256Hex(input),
    inputBytes: input.length,
    resultKey: keys.publicKey,
    maxPrice: '12.00',
  }
  return { job: await m.ask('POST', '/jobs', { json, as: `${HOSPITAL}:orderer` }), keys, input }
}

/** Waits in real time: the hub's clock stands still unless a test moves it. */
const untilState = (jobId: string, state: JobState, epoch?: number) =>
  vi.waitFor(
    async () => {
      const job = await m.view(jobId)
      expect([job.state, job.lease?.epoch ?? epoch]).toEqual([state, epoch ?? job.lease?.epoch])
      return job
    },
    { timeout: 20_000, interval: 20 },
  )

async function stage({ job, input }: Order, epoch = 1): Promise<void> {
  const { lease } = await untilState(job.jobId, 'leased', epoch)
  const sealed = await seal(lease?.nodeKey ?? '', input, `input:${job.jobId}:${epoch}`)
  await m.ask('PUT', `/jobs/${job.jobId}/input/${epoch}`, { body: sealed })
}

async function accept({ job: { jobId }, keys }: Order): Promise<WorkloadResult> {
  const job = await untilState(jobId, 'returned')
  const sealed = new Uint8Array(await (await m.call('GET', `/jobs/${jobId}/result`)).arrayBuffer())
  const plain = await openSealed(keys, sealed, `result:${jobId}:${job.result?.epoch}`)
  expect(sha256Hex(plain)).toBe(job.result?.resultSha256)
  await m.ask('POST', `/jobs/${jobId}/accept`, {
    json: { epoch: job.result?.epoch, resultSha256: job.result?.resultSha256 },
  })
  await untilState(jobId, 'settled')
  return WorkloadResult.parse(JSON.parse(Buffer.from(plain).toString('utf8')))
}

async function startFixtureChild(token?: string): Promise<Child> {
  const child = startChild(
    {
      hubUrl: gate.url,
      directory: join(directory, 'node'),
      name: 'child',
      floorPrice: '0.5',
      sandbox: 'process',
      parent: true,
    },
    { firstLine: token ?? '' },
  )
  cleanups.push(async () => {
    child.process.kill('SIGKILL')
    await child.exited
  })
  await child.event(({ event }) => event === 'ready')
  return child
}

const isRunning = (event: NodeEvent) => event.event === 'job' && event.state === 'running'

describe('the agent and the hub', () => {
  test('take a real chest CT from order to money, with the figures that the workload gives', async () => {
    const events: NodeEvent[] = []
    const stop = new AbortController()
    const node = await runNode({
      hubUrl: gate.url,
      token: await issueToken(),
      directory: join(directory, 'node'),
      name: 'home',
      slots: 1,
      floorPrice: '0.5',
      sandbox: 'auto',
      log: silentLog,
      clock: systemClock,
      signal: stop.signal,
      report: (event) => events.push(event),
    })
    cleanups.push(async () => {
      stop.abort()
      await node.stopped
    })
    const bundle = await bundleOf([daikonFile('rle.dcm')])
    const before = await m.balances()
    const ordered = await order(CT, chest.card.version, bundle)
    await stage(ordered)
    const result = await accept(ordered)
    expect(result).toEqual(await chest.run({ bundle }, () => {}, new AbortController().signal))
    await vi.waitFor(() => expect(events.map(({ event }) => event)).toContain('settled'), 10_000)
    const after = await m.balances()
    expect(after.home.posted).toBeGreaterThan(before.home.posted)
    expect(after).toMatchObject({ escrow: 0n, balanced: true, hospital: { held: 0n } })
    expect(await readdir(join(directory, 'node', 'scratch'))).toEqual([])
  })

  test('pay once when the agent is killed mid-job and comes back', async () => {
    const first = await startFixtureChild(await issueToken())
    const ordered = await order('test.slow', '1.0.0', Buffer.from('input'))
    await stage(ordered)
    await first.event(isRunning)
    first.process.kill('SIGKILL')
    await first.exited
    const again = await startFixtureChild()
    // The node that lost the job may have it again once it has cooled down.
    await untilState(ordered.job.jobId, 'queued')
    await m.clock.advance(20_000)
    await stage(ordered, 2)
    expect(await accept(ordered)).toMatchObject({ workload: 'test.slow' })
    await again.event(({ event }) => event === 'settled')
    const { price, paid } = await paidFor(ordered)
    expect(paid).toEqual(price)
    expect(await m.balances()).toMatchObject({ escrow: 0n, balanced: true })
  })

  test('go on with the same lease when the hub is replaced mid-job', async () => {
    const child = await startFixtureChild(await issueToken())
    const ordered = await order('test.slow', '1.0.0', Buffer.from('input'))
    await stage(ordered)
    await child.event(isRunning)
    await changeHub()
    expect(await accept(ordered)).toMatchObject({ workload: 'test.slow' })
    expect((await m.view(ordered.job.jobId)).attempt).toBe(1)
    await child.event(({ event }) => event === 'settled')
    expect(child.events.filter(isRunning)).toHaveLength(1)
  })

  test('agree that a job belongs to another node when this one drains', async () => {
    const child = await startFixtureChild(await issueToken())
    const ordered = await order('test.slow', '1.0.0', Buffer.from('input'))
    await stage(ordered)
    await child.event(isRunning)
    child.process.kill('SIGTERM')
    await child.event(({ event }) => event === 'draining')
    const later = await order('test.echo', '1.0.0', Buffer.from('other'))
    expect(await accept(ordered)).toMatchObject({ workload: 'test.slow' })
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect((await m.view(later.job.jobId)).state).toBe('queued')
  })
})

/** What the job's money table says, and what the home owner's account holds, in micro-BTT. */
async function paidFor({ job }: Order): Promise<{ price: bigint; paid: bigint }> {
  const { money } = await m.view(job.jobId)
  const base = money.find(({ part }) => part === 'base-pay')
  return { price: BigInt((base?.amount ?? '').replace('.', '')), paid: (await m.balances()).home.posted }
}
