import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findLockFaults, type Lock, licenceAllowed } from './lock.ts'
import { REPOSITORY } from './source-files.ts'

const lock = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as Lock
const planted = (entry: object): Lock => ({ packages: { ...lock.packages, 'node_modules/planted': entry } })
const sound = { version: '1.0.0', integrity: 'sha512-x', license: 'MIT' }

describe('the lock', () => {
  test('is whole, carries no download address, and only allowed licences', () => {
    expect(Object.keys(lock.packages).length).toBeGreaterThan(100)
    expect(findLockFaults(lock)).toEqual([])
  })

  test('npm is told to run no install script and to write no download address', () => {
    const npmrc = readFileSync(join(REPOSITORY, '.npmrc'), 'utf8')
    expect(npmrc).toContain('ignore-scripts=true')
    expect(npmrc).toContain('omit-lockfile-registry-resolved=true')
  })

  test.each([
    ['a download address', { ...sound, resolved: 'https://example.org/x.tgz' }, 'download address'],
    ['no integrity', { version: '1.0.0', license: 'MIT' }, 'no integrity'],
    ['a licence that is not allowed', { ...sound, license: 'GPL-3.0-only' }, 'GPL-3.0-only'],
    ['no licence', { version: '1.0.0', integrity: 'sha512-x' }, 'not stated'],
    ['a platform package left out', { ...sound, optionalDependencies: { 'planted-darwin': '1.0.0' } }, 'no entry'],
  ])('a planted entry with %s is caught', (_what, entry, fault) => {
    expect(findLockFaults(planted(entry)).join()).toContain(fault)
  })

  test('a choice of licences is allowed when one of them is', () => {
    expect(licenceAllowed('(MIT OR GPL-3.0-only)')).toBe(true)
    expect(licenceAllowed('MIT AND GPL-3.0-only')).toBe(false)
  })
})
