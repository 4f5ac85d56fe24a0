import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { wide } from '../testing.ts'
import { findNative, nativeVersion, prepareBinaries, reachableBy } from './binaries.ts'

const root = mkdtempSync(join(tmpdir(), 'bithive-binaries-'))
chmodSync(root, 0o755)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A package as npm unpacks it: without its links. */
function freshPackage(name: string): string {
  const native = join(root, name, 'native')
  cpSync(findNative(), native, { recursive: true, verbatimSymlinks: true })
  writeFileSync(join(root, name, 'package.json'), JSON.stringify({ version: '18.0.0' }))
  for (const file of readdirSync(join(native, 'lib'))) {
    if (lstatSync(join(native, 'lib', file)).isSymbolicLink()) rmSync(join(native, 'lib', file))
  }
  return native
}

const runs = (binaries: { postgres: string; env: object }) =>
  spawnSync(binaries.postgres, ['--version'], {
    env: { ...process.env, ...binaries.env },
    encoding: 'utf8',
  }).stdout.trim()

const linux = process.platform === 'linux' ? test : test.skip

describe('the packaged binaries', { timeout: 120_000 }, () => {
  linux('do not run as npm unpacks them, and do once their links are made, however often', () => {
    const native = freshPackage('fresh')
    expect(runs({ postgres: join(native, 'bin', 'postgres'), env: {} })).toBe('')
    for (let round = 0; round < 2; round++) {
      const binaries = prepareBinaries({ native, version: '18.0.0', workDirectory: join(root, 'work') })
      expect(runs(binaries)).toMatch(/^postgres \(PostgreSQL\) 18\./)
      expect(binaries.env).toEqual({})
    }
    expect(nativeVersion(native)).toBe('18.0.0')
  })

  linux('are copied to where their user can reach them', () => {
    const native = freshPackage('closed')
    chmodSync(join(root, 'closed'), 0o700)
    const nobody = { uid: 65_534, gid: 65_534 }
    expect(reachableBy(native, nobody)).toBe(false)
    const work = join(root, 'copied')
    mkdirSync(work)
    for (let round = 0; round < 2; round++) {
      const binaries = prepareBinaries({ native, version: '18.0.0', workDirectory: work, who: nobody })
      expect(binaries.postgres.startsWith(work)).toBe(true)
      expect(reachableBy(join(binaries.postgres, '..'), nobody)).toBe(true)
      expect(runs(binaries)).toMatch(/^postgres \(PostgreSQL\) 18\./)
    }
  })

  test('for an unknown kind of machine are a typed error', () => {
    const { platform } = process
    Object.defineProperty(process, 'platform', { value: 'plan9' })
    try {
      expect(() => findNative()).toThrow(/database\.no-binaries/)
    } finally {
      Object.defineProperty(process, 'platform', { value: platform })
    }
  })
})

const FIXTURE = fileURLToPath(new URL('./start-postgres.fixture.ts', import.meta.url))
const bubblewrap = wide('bubblewrap', ['bwrap'])

/** Starts and stops a server in a file system of the test's making; answers what it said. */
function inSandbox(options: string[], directory: string): { code?: string; pid?: number; facts?: object } {
  const arguments_ = ['--dev-bind', '/', '/', ...options, process.execPath, FIXTURE, directory, 'stop']
  const run = spawnSync('bwrap', arguments_, { encoding: 'utf8', timeout: 60_000 })
  return JSON.parse(run.stdout.split('\n')[0] || JSON.stringify({ code: run.stderr }))
}

describe('on an unusual disk', { timeout: 120_000 }, () => {
  bubblewrap('a package on a read-only disk runs with links kept beside the data', () => {
    const native = findNative()
    const plain = freshPackage('read-only')
    const directory = join(root, 'read-only-data')
    const said = inSandbox(['--ro-bind', plain, native], directory)
    expect(said).toMatchObject({ pid: expect.any(Number) })
    const links = join(directory, 'binaries', nativeVersion(native), 'links')
    expect(readdirSync(links)).toContain('libicuuc.so.60')
  })

  bubblewrap('a full disk is said to be full, and the same folder starts once there is room', () => {
    const mount = join(root, 'full')
    mkdirSync(mount)
    expect(inSandbox(['--size', '8000000', '--tmpfs', mount], join(mount, 'pg'))).toMatchObject({
      code: 'database.disk-full',
    })
    expect(inSandbox([], join(mount, 'pg'))).toMatchObject({ pid: expect.any(Number) })
  })

  const asRoot = process.getuid?.() === 0 ? bubblewrap : test.skip
  asRoot(
    'root’s own closed folder sends the database files to where their user may pass, and keeps the way to them',
    () => {
      const closed = join(root, 'closed-home')
      mkdirSync(closed, { mode: 0o700 })
      mkdirSync(join(root, 'var-lib'))
      const sandbox = ['--bind', join(root, 'var-lib'), '/var/lib']
      for (let round = 0; round < 2; round++) {
        expect(inSandbox(sandbox, join(closed, 'pg'))).toMatchObject({ pid: expect.any(Number) })
      }
      const { home } = JSON.parse(readFileSync(join(closed, 'pg', 'location.json'), 'utf8'))
      expect(home).toMatch(/^\/var\/lib\/bithive\/[0-9a-f]{16}$/)
      expect(readdirSync(join(root, 'var-lib', 'bithive')).length).toBe(1)
      expect(existsSync(join(closed, 'pg', 'data'))).toBe(false)
    },
  )
})
