import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDomainError } from '@bithive/kernel/errors'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockFolder } from './folder-lock.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bithive-lock-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('one agent holds a folder until it lets go', async () => {
  const unlock = await lockFolder(directory)
  const second = await lockFolder(directory).catch((error) => error)
  expect(isDomainError(second, 'node.already-running')).toBe(true)
  await unlock()
  await (await lockFolder(directory))()
  expect(await readdir(directory)).toEqual([])
})

test.each([
  ['of a process that is gone', '999999999 1'],
  ['of another process that got the same number', `${process.pid} 1`],
  ['that a kill left empty', ''],
])('the lock %s is taken over', async (_name, content) => {
  await writeFile(join(directory, 'lock'), content)
  await (await lockFolder(directory))()
})
