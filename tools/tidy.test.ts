import { describe, expect, test } from 'vitest'
import { readSourceFiles } from './source-files.ts'
import { findUntidy } from './tidy.ts'

const files = readSourceFiles((path) => /\.(ts|tsx|sql|cjs)$/.test(path))
const long = (length: number) => `// ${'a'.repeat(length)}`

describe('tidy', () => {
  test('the tree is tidy', () => {
    expect(files.length).toBeGreaterThan(50)
    expect(findUntidy(files)).toEqual([])
  })

  test.each([
    ['apps/hub/src/ledger/utils.ts', 'export const a = 1', 'what the file is for'],
    ['apps/hub/src/ledger/PostTransfer.ts', 'export const a = 1', 'kebab-case'],
    ['apps/hub/src/ledger/a.ts', long(130), '120 characters'],
    ['apps/hub/src/ledger/a.ts', 'a\n'.repeat(402), '400 lines'],
    ['apps/hub/src/ledger/a.ts', ['// TO', 'DO later'].join(''), 'issue'],
    ['apps/hub/src/ledger/a.ts', 'const now = Date.now()', 'clock'],
    ['apps/hub/src/ledger/a.ts', 'const dice = Math.random()', 'clock'],
    ['apps/hub/src/ledger/a.test.ts', ['test.on', 'ly("x", () => {})'].join(''), 'alone'],
    ['apps/hub/src/ledger/a.test.ts', ['await clock.sle', 'ep(500)'].join(''), 'condition'],
  ])('a planted fault in %s is caught', (path, text, rule) => {
    expect(
      findUntidy([{ path, text }])
        .map((u) => u.rule)
        .join(),
    ).toContain(rule)
  })

  test('no tracked text names a machine path or a package registry', () => {
    const everything = readSourceFiles((path) => !/\.(png|dcm|onnx|lock)$/.test(path))
    const forbidden = new RegExp(`(^|[^a-z])/(${['wo', 'rk'].join('')}|${['ro', 'ot'].join('')})/|registry\\.npm`)
    const named = everything.filter(({ path, text }) => !path.startsWith('tools/') && forbidden.test(text))
    expect(named.map(({ path }) => path)).toEqual([])
  })
})
