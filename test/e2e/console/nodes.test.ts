import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  type OpenConsole,
  openConsole,
  refusedByPolicy,
} from './open-console.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const OWNER = 'linxiao@sample.invalid'

let house: OpenConsole
let node: ChildProcess | undefined

beforeAll(async () => {
  house = await openConsole()
}, 90_000)
afterAll(async () => {
  // The whole group of the shell, npm and the node: a node that is told to end gives its work back first.
  if (node?.pid !== undefined && node.exitCode === null) {
    const ended = new Promise((resolve) => node?.once('exit', resolve))
    process.kill(-node.pid, 'SIGTERM')
    await ended
  }
  await house?.close()
}, 60_000)

async function ask(context: BrowserContext, method: string, path: string, data?: unknown): Promise<never> {
  const options = { method, headers: { origin: house.url }, ...(data === undefined ? {} : { data }) }
  const answer = await context.request.fetch(`${house.url}${path}`, options)
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`)
  return (await answer.json()) as never
}

/** Runs the very line that the page shows, in a clone of the repository, on a machine with a folder of its own. */
function runShown(command: string): ChildProcess {
  const { HOME = '' } = process.env
  return spawn('sh', ['-c', command], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`,
      ...{ HOME, BITHIVE_DATA_DIR: join(house.directory, 'lent'), BITHIVE_LANG: 'en', NPM_CONFIG_LOGLEVEL: 'error' },
    },
  })
}

const check = (page: Page, key: string, state = 'done') => page.locator(`[data-check="${key}"][data-state="${state}"]`)

/** The hospital orders the analysis of its sample's chest CT, as its clinician does. */
async function orderChest(doctor: BrowserContext): Promise<string> {
  type Study = { studyId: string; series: { seriesId: string; modality: string }[] }
  const { studies } = (await ask(doctor, 'GET', '/site/v1/studies')) as { studies: Study[] }
  const study = studies.find(({ series }) => series[0]?.modality === 'CT')
  const body = {
    studyId: study?.studyId,
    seriesId: study?.series[0]?.seriesId,
    workload: 'imaging.ct.lung-density',
    maxPrice: '50.00',
  }
  const { orderId } = (await ask(doctor, 'POST', '/site/v1/orders', body)) as { orderId: string }
  return orderId
}

/** What the ledger booked as base pay for the owner, over all pages of its entries. */
async function basePay(owner: BrowserContext): Promise<bigint> {
  type Entries = { entries: { effect: string }[]; next?: string }
  let sum = 0n
  for (let after = ''; ; ) {
    const page = (await ask(owner, 'GET', `/hub/v1/wallet/entries?code=base-pay&limit=200${after}`)) as Entries
    for (const { effect } of page.entries) sum += BigInt(effect.replace('.', ''))
    if (page.next === undefined) return sum
    after = `&after=${page.next}`
  }
}

describe('somebody who lends a machine', () => {
  test('joins by the one command shown, sees each check turn green, and the first job paid', async () => {
    const page = await house.page({ as: OWNER, path: '/nodes' })
    // The sample's own machine is cheaper: pausing it leaves the next job to the machine that joins now.
    await page.getByRole('link', { name: '林晓家的电脑 home-1' }).click()
    await page.getByRole('button', { name: '暂停接单' }).click()
    await page.getByText('不再派新任务').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: '暂停接单' }).click()
    await page.getByRole('button', { name: '恢复接单' }).waitFor()
    await page.goto('/nodes')
    await page.getByRole('button', { name: '加入节点' }).first().click()
    await page.getByLabel('地区').fill('Not A Region')
    await page.getByText('只能用小写字母').waitFor()
    await page.getByLabel('地区').fill('chengdu')
    await page.getByRole('button', { name: '生成加入命令' }).click()
    const command = await page.locator('code', { hasText: 'node join' }).innerText()
    expect(command).toContain(`npm run -s bithive -- node join ${house.url} --token join_`)
    await expect.poll(() => page.locator('[data-check]').count(), { timeout: 15_000 }).toBe(8)
    expect(await page.locator('[data-check][data-state="waiting"]').count()).toBe(8)
    await expectNoAxeViolations(page)

    node = runShown(command)
    for (const key of ['joined', 'keys', 'sandbox', 'benchmark', 'clock']) await check(page, key).waitFor()
    expect(await check(page, 'clock').innerText()).toMatch(/秒/)
    await check(page, 'offer', 'waiting').waitFor()

    const doctor = (await house.page({ as: 'radiologist@sample.invalid' })).context()
    await orderChest(doctor)
    for (const key of ['offer', 'job', 'payment']) await check(page, key).waitFor({ timeout: 30_000 })
    await page.getByText('通过 8 / 8 项').waitFor()
    const url = new URL(page.url())
    await page.reload()
    // The secret was shown once; the checks are still there, by the token's name in the address.
    expect(new URL(page.url()).searchParams.get('token')).toBe(url.searchParams.get('token'))
    await page.getByText('通过 8 / 8 项').waitFor()
    expect(await page.locator('main').innerText()).not.toContain('--token join_')

    await page.getByRole('link', { name: '打开节点页' }).click()
    await page.getByRole('heading', { name: '任务记录' }).waitFor()
    await page.getByRole('cell', { name: '已到账' }).waitFor()
    const said = await page.locator('main').innerText()
    expect(said).toContain('¥0.80 每参考核心秒')
    expect(said).not.toContain('0.800000')
    expect(said).not.toContain('青禾医院')
    await expectNoAxeViolations(page)
    await page.context().close()
  }, 60_000)

  test('reads on the overview what the ledger booked, to the last unit, in both languages and on a phone', async () => {
    const page = await house.page({ as: OWNER, path: '/nodes', locale: 'en' })
    const booked = await basePay(page.context())
    expect(booked).toBeGreaterThan(0n)
    await page.locator('[data-figure="today"] .bh-money').waitFor()
    await page.locator('summary', { hasText: 'Data' }).click()
    const digits = String(booked).padStart(7, '0')
    const figure = `${digits.slice(0, -6)}.${digits.slice(-6)}`
    // The newest row of the table behind the chart is today.
    expect(await page.locator('.bh-data tbody tr').first().innerText()).toContain(`${figure} BTT`)
    expect((await page.locator('[data-figure="today"]').innerText()).replaceAll(/\s/g, '')).toContain(
      figure.slice(0, -4),
    )
    const overview = (await ask(page.context(), 'GET', '/hub/v1/nodes/overview')) as {
      earned30Days: { amount: string }[]
      reliability: { accepted: number }
      noWork: { reasons: { code: string }[] }
    }
    expect(overview.earned30Days).toEqual([{ asset: 'BTT', amount: figure }])
    expect(overview.reliability.accepted).toBe(2)
    expect(overview.noWork.reasons.map(({ code }) => code)).toContain('draining')
    expect(await page.locator('svg.bh-chart').getAttribute('aria-label')).toContain('were earned in the last 30 days')
    await page.getByText('Why no more work came in the last day').waitFor()
    await expectNoAxeViolations(page)
    const phone = await house.page({ as: OWNER, path: '/nodes', locale: 'en', width: 390, height: 844 })
    await phone.locator('[data-figure="today"] .bh-money').waitFor()
    await phone.getByRole('list', { name: 'Your nodes' }).waitFor()
    await expectNoSidewaysScroll(phone)
    await expectNoAxeViolations(phone)
    for (const open of [page, phone]) await open.context().close()
  }, 40_000)

  test('makes and revokes a token by keyboard alone', async () => {
    const page = await house.page({ as: OWNER, path: '/nodes/join', locale: 'en' })
    await page.getByLabel('Region').focus()
    const reach = async (name: string) => {
      for (let step = 0; step < 40; step++) {
        await page.keyboard.press('Tab')
        const here = await page.evaluate(() => document.activeElement?.textContent ?? '')
        if (here.trim() === name) return
      }
      throw new Error(`${name} cannot be reached by the keyboard`)
    }
    await reach('Make the join command')
    await page.keyboard.press('Enter')
    await page.locator('code', { hasText: 'node join' }).waitFor()
    await expectNoSidewaysScroll(page)
    await reach('Revoke the token')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Nobody can join with it after that').waitFor()
    await reach('Revoke the token')
    await page.keyboard.press('Enter')
    await check(page, 'joined', 'failed').waitFor()
    expect(await check(page, 'joined', 'failed').innerText()).toContain('Make a new token.')
    await page.context().close()
  }, 30_000)

  test('removes a machine only after typing its name, and is told what becomes of its work', async () => {
    const page = await house.page({ as: OWNER, path: '/nodes', locale: 'en' })
    const { nodes } = (await ask(page.context(), 'GET', '/hub/v1/nodes')) as {
      nodes: { name: string; nodeId: string }[]
    }
    const lent = nodes.find(({ name }) => name !== '林晓家的电脑 home-1')
    await page.goto(`/nodes/${lent?.nodeId}`)
    await page.getByRole('button', { name: 'Remove the node' }).click()
    const dialog = page.getByRole('dialog')
    const remove = dialog.getByRole('button', { name: 'Remove the node' })
    expect(await remove.isDisabled()).toBe(true)
    expect(await dialog.innerText()).toContain('This cannot be undone.')
    await dialog.getByRole('textbox').fill(lent?.name ?? '')
    await remove.click()
    await page.waitForURL('**/nodes')
    await expect
      .poll(async () => ((await ask(page.context(), 'GET', '/hub/v1/nodes')) as { nodes: unknown[] }).nodes.length, {
        timeout: 15_000,
      })
      .toBe(1)
    expect(refusedByPolicy()).toEqual([])
    await page.context().close()
  }, 30_000)
})

describe('an author', () => {
  test('sees uses and royalties of its own models, the same as the ledger, in both languages', async () => {
    const page = await house.page({ as: 'author@sample.invalid', path: '/models' })
    await page.getByText('版税收款机构').waitFor()
    const { models } = (await ask(page.context(), 'GET', '/hub/v1/models/own')) as {
      models: { earned: { amount: string }[]; use: { accepted: number } }[]
    }
    const { balances } = (await ask(page.context(), 'GET', '/hub/v1/wallet/balances')) as {
      balances: { posted: string }[]
    }
    const earned = models.flatMap((model) => model.earned.map(({ amount }) => BigInt(amount.replace('.', ''))))
    expect(earned.reduce((sum, one) => sum + one, 0n)).toBe(BigInt(balances[0]?.posted.replace('.', '') ?? ''))
    expect(models.reduce((sum, { use }) => sum + use.accepted, 0)).toBeGreaterThan(0)
    expect(await page.locator('main').innerText()).not.toContain('青禾医院')
    await expectNoAxeViolations(page)
    const phone = await house.page({
      as: 'author@sample.invalid',
      path: '/models',
      locale: 'en',
      width: 390,
      height: 844,
    })
    await phone.getByText('Quality signals').first().waitFor()
    await expectNoSidewaysScroll(phone)
    await expectNoAxeViolations(phone)
    for (const open of [page, phone]) await open.context().close()
  }, 30_000)
})
