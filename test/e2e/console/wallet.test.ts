import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  type OpenConsole,
  openConsole,
  refusedByPolicy,
  type SampleLogin,
} from './open-console.ts'

const PHONE = { width: 390, height: 844 } as const
const ORDERS = 500

let house: OpenConsole
/** Orders that no node can take, cancelled at once: a hold and its release each, in the hospital's own books. */
let filling: Promise<void>

type Entry = { id: string; direction: string; effect: string; balanceAfter: string; at: number; step: string }
type Balance = { asset: string; posted: string; available: string; accounts: { posted: string }[] }

const units = (amount: string) => BigInt(amount.replace('.', ''))

async function read<T>(context: BrowserContext, path: string): Promise<T> {
  const answer = await context.request.get(`${house.url}${path}`)
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`)
  return (await answer.json()) as T
}

async function entriesOf(context: BrowserContext, base: string, query = ''): Promise<Entry[]> {
  const all: Entry[] = []
  for (let after = ''; ; ) {
    const page = await read<{ entries: Entry[]; next?: string }>(
      context,
      `${base}/wallet/entries?limit=200${query}${after}`,
    )
    all.push(...page.entries)
    if (page.next === undefined) return all
    after = `&after=${page.next}`
  }
}

async function fillTheBooks(): Promise<void> {
  const token = (await readFile(join(house.directory, 'sample', 'command-token'), 'utf8')).trim()
  const post = async (path: string, body: unknown): Promise<{ jobId: string }> => {
    for (;;) {
      const answer = await fetch(`${house.url}/hub/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (answer.ok) return (await answer.json()) as { jobId: string }
      // A hub lets one organisation order so many a second; the wait is its own word.
      if (answer.status !== 429) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      const seconds = Number(answer.headers.get('retry-after') ?? 1)
      await new Promise((resolve) => setTimeout(resolve, seconds * 250))
    }
  }
  const [chest] = (
    (await (await fetch(`${house.url}/hub/v1/models`, { headers: { authorization: `Bearer ${token}` } })).json()) as {
      models: { card: { id: string; version: string; dataClass: string } }[]
    }
  ).models.filter(({ card }) => card.id === 'imaging.ct.lung-density')
  const one = async (index: number) => {
    const order = {
      ...{
        requestId: `ord_${String(index).padStart(26, '0')}`,
        workload: chest?.card.id,
        version: chest?.card.version,
      },
      // No node of the sample stands there, so nothing is computed and all of it comes back.
      ...{
        urgency: 'routine',
        tier: 1,
        jurisdictions: ['SG'],
        dataClass: chest?.card.dataClass,
        inputSha256: 'a'.repeat(64),
      },
      ...{ inputBytes: 1_000, resultKey: Buffer.alloc(32, 9).toString('base64url'), maxPrice: '1.00' },
    }
    const { jobId } = await post('/jobs', order)
    await post(`/jobs/${jobId}/cancel`, {})
  }
  const turns = Array.from({ length: 4 }, async (_, turn) => {
    for (let index = turn; index < ORDERS; index += 4) await one(index)
  })
  await Promise.all(turns)
}

beforeAll(async () => {
  house = await openConsole()
  filling = fillTheBooks()
  // Whoever waits for it sees a failure; until then nobody does.
  filling.catch(() => {})
}, 90_000)
afterAll(() => house?.close(), 60_000)

const open = (as: SampleLogin, path: string, more: object = {}) => house.page({ as, path, ...more })
const rowsOf = (page: Page) => page.locator('.bh-table tbody tr.ant-table-row')

/** A reader of RFC 4180 of its own. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text
    .replace(/^\uFEFF/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\r\n') rows.push([])
    if (end === '') break
  }
  return rows.filter((row) => row.length > 1)
}

describe.each([
  ['a home', 'linxiao@sample.invalid', '/hub/v1'],
  ['an author', 'author@sample.invalid', '/hub/v1'],
] as const)('the wallet of %s', (_who, login, base) => {
  test('has entries that add up to the balance on the page, and explains what each was for', async () => {
    const page = await open(login, '/wallet')
    const entries = await entriesOf(page.context(), base)
    const { balances } = await read<{ balances: Balance[] }>(page.context(), `${base}/wallet/balances`)
    const [own] = balances
    expect(entries.reduce((sum, { effect }) => sum + units(effect), 0n)).toBe(units(own?.posted ?? ''))
    expect(entries[0]?.balanceAfter).toBe(own?.posted)
    await rowsOf(page).first().waitFor()
    expect((await page.locator('[data-asset] .bh-money-large').innerText()).replaceAll(/[\s,]/g, '')).toContain(
      own?.available.slice(0, -4) ?? 'none',
    )
    await page.locator('.bh-entry').first().click()
    const story = page.getByRole('dialog')
    await story.getByText('变动后余额').waitFor()
    // Who is paid learns that a hospital paid, not which.
    expect(await story.innerText()).toContain('一家医院')
    expect(await page.locator('body').innerText()).not.toContain('青禾医院')
    await expectNoAxeViolations(page)
    const phone = await open(login, '/wallet', { ...PHONE, locale: 'en' })
    await phone.getByRole('list', { name: 'Entries' }).waitFor()
    await expectNoSidewaysScroll(phone)
    await expectNoAxeViolations(phone)
    for (const one of [page, phone]) await one.context().close()
  }, 30_000)
})

describe('the wallet of a hospital', () => {
  const OFFICE = 'radiologist@sample.invalid'
  const BASE = '/site/v1/network'

  test('stays usable with a thousand entries, whose balances never jump and which end at the balance', async () => {
    await filling
    const page = await open(OFFICE, '/wallet')
    const entries = await entriesOf(page.context(), BASE)
    expect(entries.length).toBeGreaterThan(1_000)
    const { balances } = await read<{ balances: Balance[] }>(page.context(), `${BASE}/wallet/balances`)
    const [own] = balances
    expect(entries.reduce((sum, { effect }) => sum + units(effect), 0n)).toBe(units(own?.posted ?? ''))
    const jumps = entries.slice(1).filter((older, index) => {
      const { balanceAfter, effect } = entries[index] as Entry
      return units(balanceAfter) - units(effect) !== units(older.balanceAfter)
    })
    expect(jumps).toEqual([])
    const sums = own?.accounts.reduce((sum, { posted }) => sum + units(posted), 0n)
    expect(sums).toBe(units(own?.posted ?? ''))
    await page.getByText('共 100 条').waitFor()
    await page.getByRole('button', { name: '再显示一些' }).click()
    await page.getByText('共 200 条').waitFor()
    const text = await page.locator('main').innerText()
    expect(text).not.toMatch(/[−-]0\.0+ ?BTT/)
    expect(text).toContain('退回可用')
    await page.context().close()
  }, 60_000)

  test('keeps a filter in the address: a reload, and whoever it is sent to, sees the same rows', async () => {
    await filling
    const page = await open(OFFICE, '/wallet', { locale: 'en' })
    await rowsOf(page).first().waitFor()
    await page.getByLabel('What for').focus()
    await page.keyboard.type('Paid for a job')
    await page.keyboard.press('Enter')
    await page.waitForURL(/code=capture/)
    await page.getByLabel('Find by reference').fill('job_')
    await page.waitForURL(/text=job_/)
    await expect.poll(() => rowsOf(page).count(), { timeout: 15_000 }).toBe(2)
    const shown = await rowsOf(page).allInnerTexts()
    await page.reload()
    await expect.poll(() => rowsOf(page).count(), { timeout: 15_000 }).toBe(2)
    expect(await rowsOf(page).allInnerTexts()).toEqual(shown)
    expect(await page.getByLabel('Find by reference').inputValue()).toBe('job_')
    await rowsOf(page).first().locator('.bh-entry').focus()
    await page.keyboard.press('Enter')
    const story = page.getByRole('dialog')
    // Held, paid and given back as one, and everybody who was paid, by name: the payer may know.
    for (const words of ['Held, paid and given back', 'Free again', 'Who was paid', 'Network fee'])
      await story
        .getByText(words, { exact: words !== 'Network fee' })
        .first()
        .waitFor()
    expect(await story.innerText()).toMatch(/100\.000000[\s\S]*1\.800000[\s\S]*98\.200000/)
    await expectNoAxeViolations(page)
    await page.keyboard.press('Escape')
    await story.waitFor({ state: 'hidden' })
    await page.getByLabel('Find by reference').fill('no such thing')
    await page.getByText('No entry fits the filter.').waitFor()
    await page.getByRole('button', { name: 'Clear the filter' }).first().click()
    await expect.poll(() => rowsOf(page).count(), { timeout: 15_000 }).toBeGreaterThan(10)
    expect(new URL(page.url()).search).toBe('')
    await page.context().close()
  }, 60_000)

  test('prints a statement that ends at the balance, and saves the same month as CSV', async () => {
    await filling
    const page = await open(OFFICE, '/wallet/statement')
    const { balances } = await read<{ balances: Balance[] }>(page.context(), `${BASE}/wallet/balances`)
    const [own] = balances
    await page.locator('[data-total="closing"]').waitFor()
    const figure = async (key: string) =>
      units(
        (await page.locator(`[data-total="${key}"] .bh-money > [aria-hidden]`).innerText()).replaceAll(/[^\d.−-]/g, ''),
      )
    expect(await figure('closing')).toBe(units(own?.posted ?? ''))
    expect((await figure('opening')) + (await figure('totalIn')) - (await figure('totalOut'))).toBe(
      await figure('closing'),
    )
    const shown = await page.locator('[data-entry]').count()
    expect(shown).toBeGreaterThan(1_000)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载 CSV' }).click(),
    ])
    const bytes = await readFile(await download.path())
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    const [head, ...rows] = parseCsv(bytes.toString('utf8'))
    expect(head?.slice(0, 4)).toEqual(['时间', '资产', '变动', '余额'])
    expect(rows.length).toBe(shown)
    expect(rows.reduce((sum, cells) => sum + units(cells[2] ?? ''), 0n)).toBe(
      (await figure('closing')) - (await figure('opening')),
    )
    expect(rows[0]?.[3]).toBe(own?.posted)
    await page.emulateMedia({ media: 'print' })
    for (const hidden of ['.bh-header', '.bh-rail', '.bh-page-acts', '.bh-no-print'])
      expect([hidden, await page.locator(hidden).first().isVisible()]).toEqual([hidden, false])
    expect(await page.locator('[data-total="closing"]').isVisible()).toBe(true)
    const pdf = await page.pdf({ format: 'A4' })
    expect([pdf.subarray(0, 5).toString(), pdf.length > 20_000]).toEqual(['%PDF-', true])
    await page.emulateMedia({ media: 'screen' })
    await page.getByLabel('月份').fill('2026-01')
    await page.getByText('本月没有明细').waitFor()
    expect([await figure('opening'), await figure('closing')]).toEqual([0n, 0n])
    await expectNoAxeViolations(page)
    const phone = await open(OFFICE, '/wallet/statement?month=2026-01', { ...PHONE, locale: 'en' })
    await phone.getByText('No entry in this month').waitFor()
    await expectNoSidewaysScroll(phone)
    await expectNoAxeViolations(phone)
    expect(refusedByPolicy()).toEqual([])
    for (const one of [page, phone]) await one.context().close()
  }, 60_000)
})
