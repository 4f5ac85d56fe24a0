import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checkSizes, LIMITS, measureEntries } from './measure-entries.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true }))))

/** A build of two entries: each imports `shared`, and opens `late` only when a page is opened. */
async function built(bytes: { readonly shared: number; readonly late: number }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-sizes-'))
  folders.push(folder)
  await mkdir(join(folder, '.vite'))
  await mkdir(join(folder, 'assets'))
  // Random bytes do not get smaller, so that sizes are what they are.
  await writeFile(join(folder, 'assets/shared.js'), randomBytes(bytes.shared))
  await writeFile(join(folder, 'assets/late.js'), randomBytes(bytes.late))
  await writeFile(join(folder, 'assets/style.css'), randomBytes(1_000))
  await writeFile(join(folder, 'mark.svg'), randomBytes(500))
  for (const name of ['index', 'm']) {
    await writeFile(join(folder, `assets/${name}.js`), randomBytes(100))
    await writeFile(join(folder, `${name}.html`), `<link href="/mark.svg"><script src="/assets/${name}.js">`)
  }
  const entry = (name: string) => ({
    file: `assets/${name}.js`,
    imports: ['_shared.js'],
    dynamicImports: ['src/late.tsx'],
  })
  const manifest = {
    'index.html': entry('index'),
    'm.html': entry('m'),
    '_shared.js': { file: 'assets/shared.js', css: ['assets/style.css'], imports: ['_shared.js'] },
    'src/late.tsx': { file: 'assets/late.js' },
  }
  await writeFile(join(folder, '.vite/manifest.json'), JSON.stringify(manifest))
  return folder
}

describe('the size of an entry', () => {
  test('counts its page, scripts, styles and what its page names, once, and nothing that is opened later', async () => {
    const sizes = await measureEntries(await built({ shared: 50_000, late: 900_000 }))
    expect(sizes['index.html'].files.map(({ file }) => file).sort()).toEqual([
      'assets/index.js',
      'assets/shared.js',
      'assets/style.css',
      'index.html',
      'mark.svg',
    ])
    const most = 50_000 + 1_000 + 500 + 100 + 200
    expect(sizes['index.html'].bytes).toBeGreaterThan(51_600)
    expect(sizes['index.html'].bytes).toBeLessThan(most)
    expect(() => checkSizes(sizes)).not.toThrow()
  })

  test.each([
    ['m.html', LIMITS['m.html'] + 1],
    ['index.html', LIMITS['index.html'] + 1],
  ])('fails the build when %s is too large', async (entry, shared) => {
    const sizes = await measureEntries(await built({ shared, late: 10 }))
    const only = { ...sizes, ...(entry === 'index.html' ? { 'm.html': { bytes: 1, files: [] } } : {}) }
    expect(() => checkSizes(only)).toThrow(`${entry} loads`)
  })
})
