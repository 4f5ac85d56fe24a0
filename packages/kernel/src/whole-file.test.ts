import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createWholeFile, replaceWholeFile } from './whole-file.ts'

const root = mkdtempSync(join(tmpdir(), 'bithive-whole-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a whole file', () => {
  test('is created by one of many that try at once, and every loser finds the winner’s content', async () => {
    const path = join(root, 'one')
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const won = await createWholeFile(path, `${i}`.repeat(10_000))
        return { i, won, found: readFileSync(path, 'utf8') }
      }),
    )
    const winners = outcomes.filter(({ won }) => won)
    expect(winners).toHaveLength(1)
    expect(new Set(outcomes.map(({ found }) => found))).toEqual(new Set([`${winners[0]?.i}`.repeat(10_000)]))
    expect(readdirSync(root)).toEqual(['one'])
  })

  test('replaced is the old or the new one at any moment, never half', async () => {
    const path = join(root, 'two')
    await replaceWholeFile(path, 'a'.repeat(500_000))
    let done = false
    const seen = new Set<string>()
    const writing = (async () => {
      for (const letter of 'bcdef') await replaceWholeFile(path, letter.repeat(500_000))
      done = true
    })()
    while (!done) {
      const found = readFileSync(path, 'utf8')
      expect(found).toHaveLength(500_000)
      expect(found).toBe((found[0] as string).repeat(500_000))
      seen.add(found[0] as string)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await writing
    expect(seen.size).toBeGreaterThan(1)
  })

  test('that cannot be placed leaves nothing behind', async () => {
    await expect(replaceWholeFile(join(root, 'no-folder', 'x'), 'x')).rejects.toThrow(/ENOENT/)
    await expect(replaceWholeFile(root, 'x')).rejects.toThrow()
    expect(readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(readdirSync(join(root, '..')).filter((name) => name.startsWith(`${root.split('/').at(-1)}.`))).toEqual([])
  })
})
