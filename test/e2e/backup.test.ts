import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { houseEnvironment, runBithive, runToEnd, temporaryFolder } from './running-house.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act()
})

describe('backup', () => {
  test('made beside a running house, drilled, restored into an empty folder; the loop finds everything again', async () => {
    const { path, remove } = await temporaryFolder()
    undo.push(remove)
    const env = houseEnvironment(join(path, 'first'))
    const file = join(path, 'backup.bithive')
    const words = join(path, 'passphrase')
    await writeFile(words, 'correct horse battery staple\n', { mode: 0o600 })

    const house = runBithive(['up', '--json'], env)
    undo.push(async () => {
      house.signal('SIGKILL')
      await house.ended
    })
    await house.line(/Serving/)
    const made = await runToEnd(['backup', '--output', file, '--passphrase-file', words, '--json'], env)
    expect(made.document.tables).toBeGreaterThan(20)
    house.signal('SIGTERM')
    expect(await house.ended).toBe(0)
    const before = JSON.parse(house.output())

    const drilled = await runToEnd(['drill', file, '--passphrase-file', words, '--json'], env)
    expect(drilled.document).toMatchObject({
      ok: true,
      checks: ['trial-balance', 'audit-chains-hub', 'audit-chains-site'],
    })

    const other = houseEnvironment(join(path, 'second'))
    await runToEnd(['restore', file, '--passphrase-file', words, '--json'], other)
    const again = await runToEnd(['up', '--once', '--json'], other)
    const facts = ({ studies, jobs, rewardsPaid, reports, trialBalance, parties }: Record<string, unknown>) => ({
      ...{ studies, jobs, rewardsPaid, reports, trialBalance, parties },
    })
    expect(facts(again.document)).toEqual(facts(before))

    const refused = runBithive(['restore', file, '--passphrase-file', words, '--json'], other)
    expect(await refused.ended).not.toBe(0)
    expect(JSON.parse(refused.output()).code).toMatch(/^backup\./)
  }, 240_000)
})
