import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureConsole } from './ensure-console.ts'
import { LIMITS } from './measure-entries.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-build-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the console', () => {
  test('is built once whole by two houses that start at once, within its limits, and not again', async () => {
    const preferred = join(folder, 'beside')
    const options = { preferred, fallback: join(folder, 'unused') }
    const [one, other] = await Promise.all([ensureConsole(options), ensureConsole(options)])
    expect([other, dirname(one)]).toEqual([one, preferred])
    expect(await readdir(preferred)).toEqual([basename(one)])
    const sizes = JSON.parse(await readFile(join(one, 'sizes.json'), 'utf8')) as Record<string, { bytes: number }>
    for (const [entry, limit] of Object.entries(LIMITS)) {
      expect(sizes[entry]?.bytes).toBeGreaterThan(50_000)
      expect(sizes[entry]?.bytes).toBeLessThanOrEqual(limit)
    }
    for (const entry of ['index.html', 'm.html']) {
      // The policy of the pages lets no script run that stands in the page itself.
      expect(await readFile(join(one, entry), 'utf8')).not.toMatch(/<script(?![^>]*\ssrc=)/)
    }
    let builds = 0
    expect(await ensureConsole({ ...options, onBuild: () => void builds++ })).toBe(one)
    expect(builds).toBe(0)
  }, 120_000)

  test('is found in the data folder where the folder beside the sources cannot be had', async () => {
    await writeFile(join(folder, 'a-file'), '')
    const fallback = join(folder, 'beside')
    const found = await ensureConsole({ preferred: join(folder, 'a-file', 'dist'), fallback })
    expect(dirname(found)).toBe(fallback)
  })

  test('ends its build when nobody waits for it any more', async () => {
    const ending = new AbortController()
    const options = { preferred: join(folder, 'ended'), fallback: join(folder, 'ended'), signal: ending.signal }
    const building = ensureConsole({ ...options, onBuild: () => queueMicrotask(() => ending.abort()) })
    await expect(building).rejects.toThrow()
  })
})
