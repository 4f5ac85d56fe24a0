import { createRequire } from 'node:module'
import { isDomainError } from '@bithive/kernel/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../bundle.ts'
import { type DecodedImage, decodeImage } from '../decode-image.ts'
import { bundleOf, daikonBrain, daikonFile, writeSample } from '../dicom-samples.ts'
import { findWorkload } from '../registry.ts'
import { inferImages, type OnnxModel, type OnnxRuntime } from './kernel.ts'
import { type OrtModule, onnxRuntimeFrom } from './onnx-runtime.ts'
import { sharpnessModel } from './sharpness-model.ts'

/** It belongs to the node agent and is optional there; where it is missing, the tests that run a model are skipped. */
const RUNTIME = 'onnxruntime-node'

function loadRuntime(): OnnxRuntime | undefined {
  const require = createRequire(new URL('../../../../apps/node/package.json', import.meta.url))
  try {
    return onnxRuntimeFrom(require(RUNTIME) as OrtModule)
  } catch (error) {
    if ((error as { code?: string }).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

const runtime = loadRuntime()
const withRuntime = runtime === undefined && process.env.BITHIVE_WIDE !== '1' ? test.skip : test
const there = () => runtime as OnnxRuntime

const codeOf = async (run: () => Promise<unknown>) => {
  try {
    await run()
    return 'computed'
  } catch (error) {
    return isDomainError(error) ? error.code : `not typed: ${String(error)}`
  }
}

/** Mean absolute Laplacian, written out: the obvious twin of the bundled model. */
function sharpness({ rows, columns, samples }: Pick<DecodedImage, 'rows' | 'columns' | 'samples'>): number {
  let sum = 0
  const at = (row: number, column: number) => samples[row * columns + column] as number
  for (let row = 1; row < rows - 1; row++) {
    for (let column = 1; column < columns - 1; column++) {
      const around = at(row - 1, column) + at(row + 1, column) + at(row, column - 1) + at(row, column + 1)
      sum += Math.abs(around - 4 * at(row, column))
    }
  }
  return sum / ((rows - 2) * (columns - 2))
}

const ignore = async () => {}
const infer = (images: readonly DecodedImage[], model: OnnxModel = sharpnessModel(), port = there()) =>
  inferImages(port, model, images, ignore)

const anyImage = fc
  .tuple(fc.integer({ min: 3, max: 12 }), fc.integer({ min: 3, max: 12 }))
  .chain(([rows, columns]) =>
    fc
      .array(fc.integer({ min: -1024, max: 3071 }), { minLength: rows * columns, maxLength: rows * columns })
      .map((words) => ({ rows, columns, words })),
  )

describe('the bundled model', () => {
  test('is written by our own code, under a pinned hash', () => {
    const { bytes, pin } = sharpnessModel()
    expect(sha256(bytes)).toBe(pin.sha256)
  })

  withRuntime('run by the real runtime gives what the obvious twin gives', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage, async (sample) => {
        const image = await decodeImage(writeSample(sample))
        const expected = sharpness(image)
        const [[found]] = (await infer([image])) as [[number]]
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, expected))
      }),
      { numRuns: 60 },
    )
  })

  withRuntime('gives the twin of every slice of a real series, in order', async () => {
    const images = await Promise.all(daikonBrain().map(decodeImage))
    const found = (await infer(images)).flat()
    for (const [index, image] of images.entries()) expect(found[index]).toBeCloseTo(sharpness(image), 2)
  })
})

describe('a model', () => {
  withRuntime('whose hash is not the pinned one never reaches the runtime', async () => {
    const { bytes, pin } = sharpnessModel()
    const changed = bytes.slice()
    changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1
    let opened = 0
    const watching: OnnxRuntime = {
      open: (model) => {
        opened++
        return there().open(model)
      },
    }
    const image = await decodeImage(daikonFile('rle.dcm'))
    expect(await codeOf(() => infer([image], { pin, bytes: changed }, watching))).toBe('workloads.model-hash')
    expect(opened).toBe(0)
  })

  withRuntime('that the runtime cannot read, or cannot run on the image, fails in our words', async () => {
    const noise = Buffer.from('this is no model')
    const { pin } = sharpnessModel()
    const image = await decodeImage(daikonFile('rle.dcm'))
    const unreadable = { bytes: noise, pin: { ...pin, sha256: sha256(noise) } }
    expect(await codeOf(() => infer([image], unreadable))).toBe('workloads.model-failed')
    const tiny = await decodeImage(writeSample({ rows: 1, columns: 2, words: [1, 2] }))
    expect(await codeOf(() => infer([tiny]))).toBe('workloads.model-failed')
  })

  withRuntime('whose output is not the registered one fails', async () => {
    const { bytes, pin } = sharpnessModel()
    const renamed = { bytes, pin: { ...pin, outputs: pin.outputs.map((output) => ({ ...output, name: 'other' })) } }
    const image = await decodeImage(daikonFile('rle.dcm'))
    expect(await codeOf(() => infer([image], renamed))).toBe('workloads.model-failed')
  })
})

describe('the workload', () => {
  const run = async (files: readonly Uint8Array[], port?: OnnxRuntime, signal = new AbortController().signal) => {
    const input = { bundle: await bundleOf(files), ...(port ? { session: port } : {}) }
    return findWorkload('onnx.infer').run(input, () => {}, signal)
  }

  test('without a runtime says so', async () => {
    expect(await codeOf(() => run([daikonFile('rle.dcm')]))).toBe('workloads.no-runtime')
  })

  withRuntime('reports the mean over the series and which model it ran', async () => {
    const files = daikonBrain()
    const images = await Promise.all(files.map(decodeImage))
    const expected = images.reduce((sum, image) => sum + sharpness(image), 0) / images.length
    const result = await run(files, there())
    expect(result.measurements).toMatchObject([{ key: 'sharpness', concept: { scheme: '99BITHIVE' } }])
    expect(result.measurements[0]?.value).toBeCloseTo(expected, 1)
    expect(result.facts).toEqual({
      images: 20,
      model: 'bithive.sharpness',
      'model-sha256': sharpnessModel().pin.sha256,
    })
  })

  withRuntime('refuses mixed series and scouts, and stops when cancelled', async () => {
    const mixed = [daikonFile('volume/brain_001.dcm'), daikonFile('implicit_little.dcm')]
    expect(await codeOf(() => run(mixed, there()))).toBe('workloads.mixed-series')
    expect(await codeOf(() => run([daikonFile('jpeg_lossless_sel1.dcm')], there()))).toBe('workloads.scout')
    expect(await codeOf(() => run([daikonFile('rle.dcm')], there(), AbortSignal.abort()))).toBe('workloads.cancelled')
  })
})
