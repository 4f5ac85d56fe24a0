import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { createFileBlobs } from './blobs.ts'
import { wide } from './testing/wide.ts'

const root = mkdtempSync(join(tmpdir(), 'bithive-blobs-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const folder = (name: string) => join(root, name)
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.ts`, import.meta.url))
const bytes = (text: string) => new TextEncoder().encode(text)

describe('blobs', () => {
  test('behave like a map, whatever is put, read, listed and deleted', async () => {
    const key = fc.constantFrom('a', 'b/1', 'b/2', 'b/c/3', 'bb', 'd-e.f_g/0')
    const act = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), key, value: fc.uint8Array({ maxLength: 50 }) }),
      fc.record({ kind: fc.constantFrom('get' as const, 'has' as const, 'delete' as const), key }),
      fc.record({
        kind: fc.constant('list' as const),
        key: fc.constantFrom('', 'b', 'b/', 'b/c', 'b/c/', 'x/', 'd-e'),
      }),
    )
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
        const blobs = createFileBlobs({ directory: folder(`map-${run++}`) })
        const twin = new Map<string, Uint8Array>()
        for (const one of acts) {
          if (one.kind === 'put') {
            await blobs.put(one.key, one.value)
            twin.set(one.key, one.value)
          } else if (one.kind === 'get') {
            const found = await blobs.get(one.key)
            expect(found && new Uint8Array(found)).toEqual(twin.get(one.key))
          } else if (one.kind === 'has') expect(await blobs.has(one.key)).toBe(twin.has(one.key))
          else if (one.kind === 'delete') {
            await blobs.delete(one.key)
            twin.delete(one.key)
          } else {
            const right = [...twin.keys()].filter((known) => known.startsWith(one.key)).sort()
            expect(await blobs.list(one.key)).toEqual(right)
          }
        }
      }),
      { numRuns: 25 },
    )
  })

  test.each([
    '',
    '../x',
    'a/../../x',
    '/etc/passwd',
    'a//b',
    'a/',
    '.hidden',
    'A',
    'a b',
    'a\\b',
    'a\0',
    '张三',
    'x'.repeat(513),
    'a.tmp',
    'b/a.new',
  ])('refuse the key %j and touch nothing', async (key) => {
    const directory = folder('keys')
    const blobs = createFileBlobs({ directory })
    await expect(blobs.put(key, bytes('x'))).rejects.toThrow(/blob key/)
    await expect(blobs.get(key)).rejects.toThrow(/blob key/)
    await expect(blobs.has(key)).rejects.toThrow(/blob key/)
    await expect(blobs.delete(key)).rejects.toThrow(/blob key/)
    expect(() => statSync(directory)).toThrow(/ENOENT/)
  })

  test('do not list what lies outside their folder', async () => {
    const blobs = createFileBlobs({ directory: folder('inside') })
    writeFileSync(join(root, 'secret'), 'x')
    await expect(blobs.list('../')).rejects.toThrow(/prefix/)
    await expect(blobs.list('a/../../')).rejects.toThrow(/prefix/)
  })

  test('know that a folder of other keys is no blob, and that nothing lies below one', async () => {
    const blobs = createFileBlobs({ directory: folder('shape') })
    await blobs.put('a/b', bytes('x'))
    expect([await blobs.get('a'), await blobs.has('a')]).toEqual([undefined, false])
    expect([await blobs.get('a/b/c'), await blobs.has('a/b/c')]).toEqual([undefined, false])
    expect(await blobs.list('a/b/')).toEqual([])
  })

  test.skipIf(process.platform === 'win32')('are readable by this user alone', async () => {
    const directory = folder('modes')
    await createFileBlobs({ directory }).put('study/one', bytes('x'))
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(join(directory, 'study')).mode & 0o777).toBe(0o700)
    expect(statSync(join(directory, 'study/one')).mode & 0o777).toBe(0o600)
  })

  test('never list what a kill left unfinished', async () => {
    const directory = folder('leftover')
    const blobs = createFileBlobs({ directory })
    await blobs.put('a/whole', bytes('x'))
    writeFileSync(join(directory, 'a', 'half.0b3c.tmp'), 'ha')
    expect(await blobs.list('')).toEqual(['a/whole'])
  })

  test('of one key put twice at once hold one of the two, whole', async () => {
    const blobs = createFileBlobs({ directory: folder('twice') })
    const values = Array.from({ length: 8 }, (_, i) => new Uint8Array(300_000).fill(i))
    await Promise.all(values.map((value) => blobs.put('same', value)))
    const found = new Uint8Array((await blobs.get('same')) as Uint8Array)
    expect(values.some((value) => Buffer.compare(value, found) === 0)).toBe(true)
    expect(readdirSync(folder('twice'))).toEqual(['same'])
  })

  test('that were said to be stored are whole after a kill, and nothing half is listed', async () => {
    const directory = folder('killed')
    mkdirSync(directory, { recursive: true })
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [fixture('put-blobs'), directory], { stdio: ['ignore', 'pipe', 'inherit'] })
      const said: number[] = []
      const lines = createInterface({ input: child.stdout })
      lines.on('line', (line) => {
        said.push(Number(line))
        if (said.length === 5 + round * 4) child.kill('SIGKILL')
      })
      await once(lines, 'close')
      const blobs = createFileBlobs({ directory })
      expect(said.length).toBeGreaterThanOrEqual(5)
      const listed = await blobs.list('study/')
      for (const i of said) expect(listed).toContain(`study/${i % 7}/image-${i}`)
      for (const key of listed) {
        const i = Number(key.split('-')[1])
        const right = new Uint8Array(200_000).fill(i % 251)
        expect(Buffer.compare((await blobs.get(key)) as Uint8Array, right)).toBe(0)
      }
    }
  })

  wide('a full disk', ['bwrap'])('on a full disk fail typed, leave nothing half, and go on when there is room', () => {
    const disk = folder('disk')
    mkdirSync(disk)
    const small = ['--dev-bind', '/', '/', '--size', String(512 * 1024), '--tmpfs', disk]
    const run = spawnSync('bwrap', [...small, process.execPath, fixture('fill-disk'), disk], { encoding: 'utf8' })
    expect(run.stderr).toBe('')
    const found = JSON.parse(run.stdout)
    expect(found).toMatchObject({ code: 'blobs.storage-full', leftovers: [], listed: found.stored })
    expect(found.stored).toBeGreaterThan(3)
    expect(new Set(found.sizes)).toEqual(new Set([64 * 1024]))
    expect(found).not.toHaveProperty('afterwards')
  })
})
