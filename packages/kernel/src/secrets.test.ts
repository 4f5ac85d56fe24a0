import { spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { systemRandomness } from './randomness.ts'
import { createSecrets } from './secrets.ts'

const root = mkdtempSync(join(tmpdir(), 'bithive-secrets-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const open = (name: string) => createSecrets({ directory: join(root, name), randomness: systemRandomness })

describe('secrets', () => {
  test('are 32 random bytes, kept: the next start reads the same', async () => {
    const made = await open('kept').get('master')
    expect(made).toMatch(/^[0-9a-f]{64}$/)
    expect(await open('kept').get('master')).toBe(made)
    expect(Buffer.from(await open('kept').bytes('master')).toString('hex')).toBe(made)
    expect(await open('kept').get('other')).not.toBe(made)
  })

  test('that nobody made are not found, and finding makes none', async () => {
    expect(await open('none').find('token')).toBeUndefined()
    expect(() => statSync(join(root, 'none'))).toThrow(/ENOENT/)
  })

  test('that others issued are kept as they are, and replaced whole', async () => {
    const secrets = open('issued')
    await secrets.put('token', 'first-and-longer')
    await secrets.put('token', 'second')
    expect(await secrets.find('token')).toBe('second')
    expect(readdirSync(join(root, 'issued'))).toEqual(['token'])
  })

  test.skipIf(process.platform === 'win32')('lie in files of mode 0600 in a folder of mode 0700', async () => {
    const directory = join(root, 'modes')
    mkdirSync(directory, { mode: 0o755 })
    writeFileSync(join(directory, 'token'), 'old', { mode: 0o644 })
    const secrets = open('modes')
    await secrets.get('master')
    await secrets.put('token', 'new')
    const modes = ['', 'master', 'token'].map((name) => statSync(join(directory, name)).mode & 0o777)
    expect(modes).toEqual([0o700, 0o600, 0o600])
  })

  test('made by many at once in one process are one', async () => {
    const values = await Promise.all(Array.from({ length: 50 }, () => open('crowd').get('master')))
    expect(new Set(values).size).toBe(1)
    expect(readdirSync(join(root, 'crowd'))).toEqual(['master'])
  })

  test('made by processes that start at once are one', async () => {
    const program = fileURLToPath(new URL('./fixtures/print-secret.ts', import.meta.url))
    for (let round = 0; round < 3; round++) {
      const starters = Array.from({ length: 4 }, () =>
        spawn(process.execPath, [program, join(root, `race-${round}`)], { stdio: ['pipe', 'pipe', 'inherit'] }),
      )
      const printed = starters.map((child) => text(child.stdout))
      for (const child of starters) child.stdin.end('go')
      const values = await Promise.all(printed)
      expect(values[0]).toMatch(/^[0-9a-f]{64}$/)
      expect(new Set(values).size).toBe(1)
    }
  })

  test('half-written by a starter that was killed are made anew: what it left is never read', async () => {
    const directory = join(root, 'half')
    mkdirSync(directory)
    writeFileSync(join(directory, 'master.0b3c.tmp'), '0123')
    expect(await open('half').get('master')).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each([0, 10, 63])('cut to %i characters are refused, not replaced: data may hang on them', async (length) => {
    const name = `cut-${length}`
    await open(name).get('master')
    truncateSync(join(root, name, 'master'), length)
    const left = readFileSync(join(root, name, 'master'), 'utf8')
    const refused = await open(name)
      .bytes('master')
      .catch((error) => error)
    expect(refused).toMatchObject({ code: 'secrets.damaged', facts: { secret: 'master' } })
    if (length > 0) expect(JSON.stringify(refused)).not.toContain(left)
    expect(readFileSync(join(root, name, 'master'), 'utf8')).toBe(left)
  })

  test.each(['', '../x', 'a/b', '.x', 'x.tmp'])('of the name %j do not exist', async (name) => {
    await expect(open('names').get(name)).rejects.toThrow(/plain name/)
  })
})
