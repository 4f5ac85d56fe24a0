import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { keepProfile } from './keep-profile.ts'

const directory = mkdtempSync(join(tmpdir(), 'bithive-profile-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('a data folder begun in one profile is opened in that one only', async () => {
  await keepProfile(directory, 'cn')
  await keepProfile(directory, 'cn')
  await expect(keepProfile(directory, 'sample')).rejects.toMatchObject({
    ...{ code: 'command.other-profile', facts: { began: 'cn', asked: 'sample' } },
  })
})
