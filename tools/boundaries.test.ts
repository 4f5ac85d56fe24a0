import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findFloorViolations } from './floors.ts'
import { REPOSITORY, readSourceFiles } from './source-files.ts'

const require = createRequire(import.meta.url)
const product = readSourceFiles((path) => /^(apps|packages)\/.*\.tsx?$/.test(path))

/** Runs the linter as `npm run check` does, on a planted file that is gone afterwards. */
function lint(text: string): string {
  const biome = require.resolve('@biomejs/biome/bin/biome')
  const path = join(REPOSITORY, 'apps/hub/src/expansion', `planted-${process.pid}.ts`)
  writeFileSync(path, text)
  try {
    const run = spawnSync(process.execPath, [biome, 'lint', path], { cwd: REPOSITORY, encoding: 'utf8' })
    return run.stdout + run.stderr
  } finally {
    rmSync(path)
  }
}

describe('boundaries', () => {
  test('the product has files to check and breaks no floor', () => {
    expect(product.length).toBeGreaterThan(50)
    expect(findFloorViolations(product)).toEqual([])
  })

  test.each([
    ['apps/hub/src/ledger/planted.ts', "import { createCompute } from '../compute/index.ts'", 'lower floors'],
    ['apps/hub/src/compute/planted.ts', "import { store } from '../ledger/store.ts'", 'index.ts only'],
    ['apps/hub/src/compute/planted.ts', "import { createPayments } from '../payments/index.ts'", 'lower floors'],
    ['apps/site/src/imaging/planted.ts', "export { placeOrder } from '../orders/index.ts'", 'lower floors'],
    ['apps/site/src/imaging/planted.ts', "import { x } from '../../../hub/src/ledger/index.ts'", 'another app'],
    ['apps/hub/src/compute/planted.ts', "const app = await import('../app.ts')", 'rooms only'],
    ['packages/kernel/src/planted.ts', "import { JobOrder } from '@bithive/api/compute'", 'may not import'],
    ['apps/hub/src/compute/planted.ts', "import { startSite } from '@bithive/site'", 'may not import'],
    ['apps/console/src/jobs/planted.tsx', "import { Offers } from '../analysis/offers.tsx'", 'index.ts only'],
    ['apps/console/src/shared/planted.tsx', "import { Offers } from '../analysis/index.ts'", 'imports no room'],
    ['apps/console/src/jobs/planted.tsx', "import { App } from '../shell/index.ts'", 'no room the frame'],
    ['apps/console/src/m/planted.tsx', "import x from '../../../hub/src/app.ts'", 'another app'],
    ['apps/console/src/jobs/planted.tsx', "import { createHub } from '@bithive/hub'", 'may not import'],
  ])('a planted import in %s (%s) is caught', (path, text, rule) => {
    const violations = findFloorViolations([{ path, text }])
    expect(violations).toHaveLength(1)
    expect(violations[0]?.rule).toContain(rule)
  })

  test('a room of the console imports what is shared, and another by its index.ts', () => {
    const text =
      "import { orderStatus } from '../jobs/index.ts'\nimport { Money } from '../shared/money.tsx'\nimport { JobRow } from './job-row.tsx'"
    expect(findFloorViolations([{ path: 'apps/console/src/home/planted.tsx', text }])).toEqual([])
  })

  test('the linter itself refuses a deep import between rooms and lets the public face through', () => {
    const deep = lint("import { store } from '../ledger/store.ts'\n\nexport const planted = store\n")
    expect(deep).toContain('noRestrictedImports')
    const face = lint("import { createLedger } from '../ledger/index.ts'\n\nexport const planted = createLedger\n")
    expect(face).toContain('Checked 1 file')
    expect(face).not.toContain('noRestrictedImports')
  })
})
