import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isDomainError } from '@bithive/kernel/errors'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkDigest, digestOf, pinnedDigestOf, reachOf } from './digest.ts'

const IDS = ['imaging.ct.lung-density', 'imaging.mr.brain-volume', 'onnx.infer']
const PINS = new URL('pins.json', import.meta.url)

// A change of a kernel is a new version of its card: raise it, then run this test once with BITHIVE_WRITE_PINS=1.
if (process.env.BITHIVE_WRITE_PINS === '1') {
  const pins = Object.fromEntries(IDS.map((id) => [id, digestOf(id)]))
  writeFileSync(PINS, `${JSON.stringify(pins, undefined, 2)}\n`)
}

let copy: string
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'bithive-workloads-'))
  cpSync(fileURLToPath(new URL('./', import.meta.url)), copy, { recursive: true })
})
afterEach(() => rmSync(copy, { recursive: true }))

const source = () => pathToFileURL(`${copy}/`)
const edit = (path: string, change: (text: string) => string) =>
  writeFileSync(join(copy, path), change(readFileSync(join(copy, path), 'utf8')))
const verdict = (id: string) => {
  try {
    checkDigest(id, source())
    return 'as pinned'
  } catch (error) {
    return isDomainError(error) ? error.code : String(error)
  }
}

describe('the digest of a workload', () => {
  test.each(IDS)('of %s is the one that is pinned', (id) => {
    expect(digestOf(id)).toBe(pinnedDigestOf(id))
  })

  test('is the same wherever the sources lie, and with either kind of line end', () => {
    edit('otsu.ts', (text) => text.replaceAll('\n', '\r\n'))
    expect(IDS.map(verdict)).toEqual(['as pinned', 'as pinned', 'as pinned'])
  })

  test('covers every file of this package that takes part in a result', () => {
    const reached = new Set(
      ['imaging-ct-lung-density', 'imaging-mr-brain-volume', 'onnx-infer'].flatMap(
        (folder) => reachOf(`${folder}/workload.ts`).files,
      ),
    )
    const all = readdirSync(copy, { recursive: true, encoding: 'utf8' })
    const sources = all.filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    const outside = ['dicom-samples.ts', 'digest.ts', 'index.ts', 'onnx-infer/onnx-runtime.ts', 'registry.ts']
    expect(sources.filter((path) => !reached.has(path)).sort()).toEqual(outside)
    expect(reachOf('imaging-ct-lung-density/workload.ts').packages).toEqual(['dcmjs-codecs', 'dicom-parser', 'zod'])
  })

  test('refuses an altered kernel, and only the workload that it belongs to', () => {
    edit('imaging-mr-brain-volume/kernel.ts', (text) => text.replace('ERODE_MM = 6', 'ERODE_MM = 5'))
    expect(IDS.map(verdict)).toEqual(['as pinned', 'workloads.altered', 'as pinned'])
  })

  test('refuses an altered card and an altered part that is shared', () => {
    edit('imaging-ct-lung-density/card.ts', (text) => text.replace('royaltyBps: 1000', 'royaltyBps: 2000'))
    expect(IDS.map(verdict)).toEqual(['workloads.altered', 'as pinned', 'as pinned'])
    edit('decode-image.ts', (text) => `${text}\n`)
    expect(IDS.map(verdict)).toEqual(Array(3).fill('workloads.altered'))
  })

  test('does not exist for an unknown workload', () => {
    expect(verdict('imaging.us.none')).toBe('workloads.unknown-workload')
    expect(verdict('toString')).toBe('workloads.unknown-workload')
  })
})
