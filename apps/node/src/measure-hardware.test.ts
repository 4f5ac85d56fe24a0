import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeFacts } from '@bithive/api/compute'
import { createManualClock, systemClock } from '@bithive/kernel/clock'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { digestOf } from '@bithive/workloads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundledShelf } from './bundled-shelf.ts'
import { countGpus, measureBenchmark, measureHardware } from './measure-hardware.ts'
import { openSandbox } from './open-sandbox.ts'
import { REFERENCE_CHECKSUM, runReferenceKernel } from './reference-kernel.ts'
import { openScratch } from './scratch.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bithive-measure-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function measured(onnx?: boolean) {
  const scratch = await openScratch({ directory, randomness: systemRandomness })
  const deps = { scratch, clock: systemClock, log: silentLog, pinned: async () => undefined }
  const opened = await openSandbox({ ...deps, kind: 'process' })
  const facts = await measureHardware({
    clock: systemClock,
    scratch,
    opened: onnx === undefined ? opened : { ...opened, onnx },
    shelf: bundledShelf,
  })
  return { facts, opened }
}

test('a node reports only what it measured, in the shape that the hub takes', async () => {
  const { facts, opened } = await measured()
  expect(NodeFacts.parse(facts)).toEqual(facts)
  expect(facts.benchmark).toBeGreaterThan(0)
  expect(facts.runtimes.includes('onnx')).toBe(opened.onnx)
  for (const { id, digest } of facts.workloads) expect(digest).toBe(digestOf(id))
  expect(facts.workloads.map(({ id }) => id)).toContain('imaging.ct.lung-density')
})

test('a node whose ONNX runtime does not load offers no ONNX workload', async () => {
  const { facts } = await measured(false)
  expect(facts.runtimes).toEqual(['ts-kernel'])
  expect(facts.workloads.map(({ id }) => id)).not.toContain('onnx.infer')
})

test('the reference kernel gives the same checksum each time', () => {
  expect(runReferenceKernel()).toBe(REFERENCE_CHECKSUM)
  expect(runReferenceKernel()).toBe(REFERENCE_CHECKSUM)
})

test('the benchmark is runs over the time they took', () => {
  let now = 0
  const tenMsARun = { ...createManualClock(0), now: () => now++ * 10 }
  expect(measureBenchmark(tenMsARun)).toBe(100)
})

test('GPUs are counted where nvidia-smi lists them, and are none where it is missing or fails', async () => {
  const program = join(directory, 'nvidia-smi')
  const smi = async (script: string) => {
    await writeFile(program, `#!/bin/sh\n${script}\n`)
    await chmod(program, 0o700)
    return countGpus(program)
  }
  expect(await smi('echo "GPU 0: A (UUID: x)"; echo "GPU 1: B (UUID: y)"')).toBe(2)
  expect(await smi('echo "GPU 0: A"; exit 9')).toBe(0)
  expect(await countGpus(join(directory, 'missing'))).toBe(0)
})
