import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeToHub } from '@bithive/api/compute'
import { systemClock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import { sha256Hex } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { wide } from '@bithive/kernel/testing'
import { digestOf, findWorkload } from '@bithive/workloads'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bundleOf, daikonBrain, daikonFile } from '../../../packages/workloads/src/dicom-samples.ts'
import { createAgent } from './agent.ts'
import { bundledShelf } from './bundled-shelf.ts'
import { loadOnnxRuntime } from './onnx-session.ts'
import { limitsFor } from './run-lease.ts'
import type { Sandbox } from './sandbox.ts'
import { createBubblewrapSandbox } from './sandbox-bubblewrap.ts'
import { createProcessSandbox } from './sandbox-process.ts'

const CT = 'imaging.ct.lung-density'
const MR = 'imaging.mr.brain-volume'
const ONNX = 'onnx.infer'
const never = new AbortController().signal

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-bundled-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function compute(sandbox: Sandbox, id: string, bundle: Uint8Array, digest = digestOf(id)): Promise<unknown> {
  const { version, needs } = findWorkload(id).card
  const job = { workload: id, version, digest, inputSha256: sha256Hex(bundle) }
  await writeFile(join(folder, 'job.json'), JSON.stringify(job))
  await writeFile(join(folder, 'input.bundle'), bundle)
  await writeFile(join(folder, 'result.json'), '')
  const task = { folder, workload: { id, version, digest }, runtime: needs.runtime, limits: limitsFor(needs) }
  await sandbox.run(task, () => {}, never)
  return JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'))
}

const pinned = async (id: string) => digestOf(id)
const onnx = await loadOnnxRuntime().catch(() => undefined)
const withOnnx = onnx ? test : test.skip

function suite(name: string, sandbox: Sandbox, its: typeof test.skip): void {
  describe(`inside the ${name} sandbox`, () => {
    its('the chest CT gives what the workload gives outside', async () => {
      const bundle = await bundleOf([daikonFile('rle.dcm')])
      expect(await compute(sandbox, CT, bundle)).toEqual(await findWorkload(CT).run({ bundle }, () => {}, never))
    })

    its('the head MR gives what the workload gives outside', async () => {
      const bundle = await bundleOf(daikonBrain())
      expect(await compute(sandbox, MR, bundle)).toEqual(await findWorkload(MR).run({ bundle }, () => {}, never))
    })

    its('an input that the workload cannot use ends with the code of the workload', async () => {
      const error = await compute(sandbox, CT, Buffer.from('no bundle')).catch((one) => one)
      expect(isDomainError(error, 'node.workload-failed') && error.facts.code).toMatch(/^workloads\./)
    })
  })
}

suite('process', createProcessSandbox({ clock: systemClock, pinned }), test)
suite('bubblewrap', createBubblewrapSandbox({ clock: systemClock }), wide('bubblewrap', ['bwrap']))

describe('ONNX', () => {
  withOnnx('runs a model inside the process sandbox as it does outside', async () => {
    const bundle = await bundleOf([daikonFile('rle.dcm')])
    const outside = await findWorkload(ONNX).run({ bundle, ...(onnx ? { session: onnx } : {}) }, () => {}, never)
    expect(await compute(createProcessSandbox({ clock: systemClock, pinned }), ONNX, bundle)).toEqual(outside)
  })

  const inBubblewrap = wide('bubblewrap', ['bwrap'])
  ;(onnx ? inBubblewrap : test.skip)('runs a model inside bubblewrap, which has no /proc', async () => {
    const bundle = await bundleOf([daikonFile('rle.dcm')])
    const result = await compute(createBubblewrapSandbox({ clock: systemClock }), ONNX, bundle)
    expect(result).toMatchObject({ workload: ONNX, measurements: [{ key: 'sharpness' }] })
  })

  test('is declined by a node whose sandbox cannot load it', async () => {
    const said: NodeToHub[] = []
    const agent = createAgent({
      slots: 1,
      shelf: bundledShelf,
      offers: (runtime) => runtime !== 'onnx',
      run: () => Promise.reject(new Error('nothing is run here')),
      send: (message) => said.push(message) > 0,
      clock: systemClock,
      log: silentLog,
      report: () => {},
    })
    const { version } = findWorkload(ONNX).card
    const offer = { workload: ONNX, version, workloadDigest: digestOf(ONNX), leaseMs: 60_000 }
    agent.handle({ type: 'offer', jobId: 'job_1', epoch: 1, ...offer })
    await vi.waitFor(() =>
      expect(said).toEqual([{ type: 'decline', jobId: 'job_1', epoch: 1, code: 'node.onnx-missing' }]),
    )
  })
})

describe('a workload whose files are not those that were ordered', () => {
  test('is refused inside, from the files that are about to run', async () => {
    const other = '0'.repeat(64)
    const trusting = createProcessSandbox({ clock: systemClock, pinned: async () => other })
    const error = await compute(trusting, CT, Buffer.from('x'), other).catch((one) => one)
    expect(isDomainError(error, 'node.workload-altered')).toBe(true)
  })

  test('is not on the shelf under another version', async () => {
    expect(await bundledShelf.find(CT, '0.0.1')).toBeUndefined()
    expect((await bundledShelf.list()).map(({ id }) => id)).toEqual([CT, MR, ONNX])
  })
})
