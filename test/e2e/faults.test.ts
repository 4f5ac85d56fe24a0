import { afterEach, describe, expect, test } from 'vitest'
import { descendant } from './processes.ts'
import { houseEnvironment, type RunningHouse, runBithive, runToEnd, temporaryFolder } from './running-house.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act()
})

async function start(words: readonly string[]): Promise<{ house: RunningHouse; directory: string }> {
  const folder = await temporaryFolder()
  undo.push(folder.remove)
  const house = runBithive(words, houseEnvironment(folder.path))
  undo.push(async () => {
    house.signal('SIGKILL')
    await house.ended
  })
  return { house, directory: folder.path }
}

const ONE_REWARD_EACH = { studies: 2, jobs: 2, rewardsPaid: 2, reports: 2, trialBalance: '0.000000' }
const RUNNING = /hospital-1: computing/
const settled = (house: RunningHouse) => house.lines.filter((line) => /: settled/.test(line)).length

describe('a part dies in the middle of a job', () => {
  test('a node that is killed: the job runs again under a new epoch, and one reward is paid', async () => {
    const { house } = await start(['up', '--once', '--json'])
    await house.line(RUNNING)
    process.kill(descendant(house.pid, /nodes[/\\]+hospital/), 'SIGKILL')
    expect(settled(house)).toBeLessThan(2)
    expect(await house.ended).toBe(0)
    expect(JSON.parse(house.output())).toMatchObject(ONE_REWARD_EACH)
    expect(house.lines.join('\n')).toMatch(/given to a node: .*hospital-1.*attempt 2/)
  }, 240_000)

  test('PostgreSQL that is killed: it comes back, nothing is lost, and one reward is paid', async () => {
    const { house } = await start(['up', '--once', '--json'])
    await house.line(RUNNING)
    process.kill(descendant(house.pid, /postgres.* -D /), 'SIGKILL')
    expect(settled(house)).toBeLessThan(2)
    expect(await house.ended).toBe(0)
    expect(JSON.parse(house.output())).toMatchObject(ONE_REWARD_EACH)
  }, 240_000)

  test('hub and site that are killed: the next start goes on, and one reward is paid', async () => {
    const { house, directory } = await start(['up'])
    await house.line(RUNNING)
    house.signal('SIGKILL')
    await house.ended
    expect(settled(house)).toBeLessThan(2)
    const again = await runToEnd(['up', '--once', '--json'], houseEnvironment(directory))
    expect(again.document).toMatchObject(ONE_REWARD_EACH)
  }, 240_000)
})
