import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { houseEnvironment, runToEnd, temporaryFolder } from './running-house.ts'

const RECORDER = new URL('./record-modules.ts', import.meta.url).href

const folders: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const remove of folders.splice(0)) await remove()
})
async function folder(): Promise<string> {
  const { path, remove } = await temporaryFolder()
  folders.push(remove)
  return path
}

type Party = { name: { en: string }; paid: string; earned: string; asset: string }
const earned = (document: Record<string, unknown>) =>
  (document.parties as Party[]).reduce((sum, party) => sum + Number(party.earned), 0)
const paid = (document: Record<string, unknown>) =>
  (document.parties as Party[]).reduce((sum, party) => sum + Number(party.paid), 0)

describe('the value loop', () => {
  test('runs on real input in profile sample, pays once, and a second start finds its data again', async () => {
    const directory = await folder()
    const first = await runToEnd(['up', '--once', '--json'], houseEnvironment(directory))
    expect(first.text.trim().split('\n')).toHaveLength(1)
    expect(first.document).toMatchObject({
      ...{ schema: 'bithive.up.v1', profile: 'sample', sample: true, asset: 'BTT' },
      ...{ studies: 2, jobs: 2, rewardsPaid: 2, reports: 2, trialBalance: '0.000000' },
    })
    expect(paid(first.document)).toBeGreaterThan(0)
    expect(paid(first.document)).toBeCloseTo(earned(first.document), 6)
    const told = first.lines.join('\n')
    expect(told).toMatch(/home-1: .*tier 3.*originating hospital/)
    expect(told).toMatch(/hospital-1: Chosen/)

    const second = await runToEnd(['up', '--once', '--json'], houseEnvironment(directory))
    const { stagesMs: _one, ...before } = first.document
    const { stagesMs: _two, ...after } = second.document
    expect(after).toEqual(before)
  }, 240_000)

  test('runs in profile cn in CNY, and loads no chain, token, asset or exchange code at all', async () => {
    const directory = await folder()
    const modules = join(directory, 'modules.txt')
    const env = { ...houseEnvironment(join(directory, 'data')), RECORD_MODULES_TO: modules }
    const run = await runToEnd(['up', '--profile', 'cn', '--once', '--json'], env, ['--import', RECORDER])
    expect(run.document).toMatchObject({
      ...{ profile: 'cn', asset: 'CNY', studies: 2, jobs: 2, rewardsPaid: 2, trialBalance: '0.00' },
    })
    expect(paid(run.document)).toBeCloseTo(earned(run.document), 2)
    expect(run.text).not.toContain('BTT')
    const loaded = await readFile(modules, 'utf8')
    expect(loaded).toContain('/hub/src/ledger/')
    expect(loaded).not.toMatch(/\/hub\/src\/(chain|assets|exchange)\/|packages\/chain|\/(viem|ox|@openzeppelin)\//)
  }, 240_000)

  test('starts without samples', async () => {
    const run = await runToEnd(['up', '--empty', '--once', '--json'], houseEnvironment(await folder()))
    expect(run.document).toMatchObject({ sample: false, studies: 0, jobs: 0, nodes: 0 })
  }, 120_000)
})
