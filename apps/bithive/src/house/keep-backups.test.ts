import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock } from '@bithive/kernel/clock'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keepBackups } from './keep-backups.ts'
import { keepChoices } from './keep-choices.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'bithive-keep-backups-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const open = () => {
  const directory = join(root, 'data')
  return keepBackups({
    ...{ directory, databaseUrl: () => '', defaultFolder: undefined, choices: keepChoices(directory) },
    ...{ onChange: () => {}, clock: createManualClock(0), randomness: systemRandomness, log: silentLog },
  })
}

describe('the folder of backups', () => {
  test.each(['data', 'data/backups', 'data/..x', 'data/...', 'data/..x/y'])('is not %s', async (name) => {
    await expect(open().setFolder(join(root, name))).rejects.toThrow('operations.folder-unusable')
  })

  test.each(['backups', '..x', 'data-backups'])('may be %s beside the data', async (name) => {
    await open().setFolder(join(root, name))
  })

  test('is listed whole, although a report beside one backup is cut off', async () => {
    const backups = open()
    const folder = join(root, 'backups')
    await backups.setFolder(folder)
    const names = ['bithive-20260101-000000.backup', 'bithive-20260102-000000.backup']
    for (const name of names) await writeFile(join(folder, name), 'x')
    await writeFile(join(folder, `${names[0]}.json`), '{"at": 1, "tab')
    await writeFile(join(folder, `${names[1]}.json`), '{"at": 2}')
    expect(new Set((await backups.list()).map(({ name }) => name))).toEqual(new Set(names))
  })
})
