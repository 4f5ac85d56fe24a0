import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { wide } from '@bithive/kernel/testing'
import { describe, expect } from 'vitest'

const FIXTURE = fileURLToPath(new URL('./disk-full.fixture.ts', import.meta.url))
const bubblewrap = wide('bubblewrap', ['bwrap'])

describe('a full disk', () => {
  bubblewrap(
    'books nothing that it did not say, and goes on when there is room: nothing lost, nothing twice',
    () => {
      const mount = mkdtempSync(join(tmpdir(), 'bithive-full-'))
      const box = ['--dev-bind', '/', '/', '--size', '260000000', '--tmpfs', mount]
      const run = spawnSync('bwrap', [...box, process.execPath, FIXTURE, mount], { encoding: 'utf8', timeout: 110_000 })
      rmSync(mount, { recursive: true, force: true })
      expect(run.stdout, run.stderr).not.toBe('')
      const said = JSON.parse(run.stdout)
      process.stdout.write(`full disk: ${run.stdout}`)
      expect(said).toMatchObject({ left: 0, differenceCount: 0 })
      expect(said.transfers).toBe(said.booked)
      const { done: _done, ...others } = said.told
      expect(Object.keys(others).length).toBeGreaterThan(0)
      const honest = ['ledger.unavailable', 'ledger.outcome-unknown']
      expect(Object.keys(others).filter((code) => !honest.includes(code))).toEqual([])
    },
    120_000,
  )
})
