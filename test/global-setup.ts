import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@bithive/kernel/database'
import { silentLog } from '@bithive/kernel/log'
import type { TestProject } from 'vitest/node'

/** One PostgreSQL for the whole run, in a folder that goes with it. Nothing here has to survive a power cut. */
const TUNING = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' }

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), 'bithive-test-'))
  const postgres = await startPostgres({ directory, log: silentLog, tuning: TUNING })
  project.provide('postgresUrl', postgres.url('postgres'))
  return async () => {
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
