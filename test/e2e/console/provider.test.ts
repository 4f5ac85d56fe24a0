import { sampleFiles } from '@bithive/site/sample-scanner'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  type OpenConsole,
  openConsole,
  refusedByPolicy,
} from './open-console.ts'

/** The way of a clinician through the console, on a real house: upload, order, follow, cancel. */

let house: OpenConsole
beforeAll(async () => {
  house = await openConsole()
}, 120_000)
afterAll(() => house?.close())

const DAY_MS = 86_400_000
const CLINICIAN = 'radiologist@sample.invalid'

type Order = { orderId: string; personId: string; studyId: string; state: string; cost: { state: string } }
const orders = async (page: Page) =>
  ((await (await page.request.get('/site/v1/orders?limit=200')).json()) as { orders: Order[] }).orders

async function giveConsent(page: Page, personId: string): Promise<void> {
  const now = await page.evaluate(() => Date.now())
  const data = {
    ...{ personId, purpose: 'care', dataClass: 'imaging', recipientKinds: ['home', 'hospital', 'computing-centre'] },
    ...{ jurisdictions: ['CN'], from: now - DAY_MS, to: now + DAY_MS, evidenceSha256: 'e'.repeat(64) },
  }
  const answer = await page.request.post('/site/v1/consents', { data, headers: { origin: house.url } })
  expect(answer.status(), await answer.text()).toBe(201)
}

/** Presses Tab until the element has the focus: whoever has no mouse gets there too. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let presses = 0; presses < 150; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`the keyboard does not reach ${String(target)}`)
}
const press = async (page: Page, target: Locator) => {
  await tabTo(page, target)
  await page.keyboard.press('Enter')
}

const WORDS = {
  zh: {
    files: '选择文件',
    stored: /已存入 1 个，未存入 1 个/,
    unreadable: '不是可读的 DICOM 文件',
    chooseCt: /^选择 CT/,
    chooseModel: '选择 CT 肺密度',
    next: '下一步',
    noConsent: '没有患者的授权同意',
    refresh: '重新询价',
    first: '下单会选它',
    submit: /^冻结 .* BTT 并下单$/,
    settled: '已结算',
    sum: '合计',
    limit: '最高价（CNY）',
    wouldWait: '现在没有节点能承接；仍可下单排队',
    waiting: '为什么还没有节点',
    price: '节点报价高于上限',
    cancel: /^取消，退回/,
    cancelAct: '取消分析',
    back: '已退回',
    data: '核对数据',
    confirm: '确认',
  },
  en: {
    files: 'Choose files',
    stored: /1 stored, 1 not stored/,
    unreadable: 'not a DICOM file that can be read',
    chooseCt: /^Choose CT/,
    chooseModel: 'Choose CT lung density',
    next: 'Next',
    noConsent: 'The patient has given no consent',
    refresh: 'Ask again',
    first: 'An order would go here',
    submit: /^Hold .* BTT and order$/,
    settled: 'Settled',
    sum: 'Sum',
    limit: 'Limit (CNY)',
    wouldWait: 'No node can take it now; an analysis would wait',
    waiting: 'Why no node has it yet',
    price: 'The node costs more than the order allows',
    cancel: /^Cancel, .* back$/,
    cancelAct: 'Cancel analysis',
    back: 'given back',
    data: 'Check the data',
    confirm: 'Confirm',
  },
} as const
type Locale = keyof typeof WORDS

/** Elements that reach beyond the window, unless something around them scrolls. */
function tooWide(): string[] {
  const scrolls = (element: Element) => element.closest('.bh-scroll, .bh-sr, [class*=segmented]') !== null
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !scrolls(one))
    .map((one) => `${one.tagName} ${one.className} ${one.textContent?.slice(0, 40)}`)
    .slice(0, 8)
}

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' })

/** From the list of studies to the step of the offers, by mouse. */
async function chooseCt(page: Page, w: (typeof WORDS)[Locale]): Promise<void> {
  await page.goto('/analysis/new')
  await button(page, w.chooseCt).first().click()
  await button(page, w.next).click()
  await button(page, w.chooseModel).click()
  await button(page, w.next).click()
  await page.getByRole('heading', { name: w.data }).waitFor()
  await button(page, w.next).click()
}

/** Figures of a table's cells as units of the smallest decimal, so that they can be added exactly. */
const units = (text: string) => BigInt(text.replace(/[^\d.]/g, '').replace('.', ''))

async function expectPartsToAddUp(page: Page, sum: string): Promise<void> {
  const table = page.locator('table', { hasText: sum })
  const cells = await table.locator('td:last-child .bh-money > [aria-hidden]').allInnerTexts()
  const amounts = cells.map(units)
  const total = amounts.pop() ?? 0n
  expect(amounts.length).toBeGreaterThanOrEqual(4)
  expect(amounts.reduce((all, one) => all + one, 0n)).toBe(total)
  expect(total).toBeGreaterThan(0n)
}

describe.each(['zh', 'en'] as const)('a clinician, in %s', (locale) => {
  const w = WORDS[locale]

  test('uploads a study, is told which consent is missing, orders, and follows it until it is paid', async () => {
    const page = await house.page({ locale, as: CLINICIAN, path: '/studies/upload' })
    const sample = (await sampleFiles(`provider-${locale}`)).find(({ key }) => key === 'ct-chest')
    const before = new Set((await orders(page)).map(({ orderId }) => orderId))
    await page.locator('input[type=file]').setInputFiles([
      { name: 'ct.dcm', mimeType: 'application/dicom', buffer: Buffer.from(sample?.files[0] as Uint8Array) },
      { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('no image at all') },
    ])
    await page.getByText(w.stored).waitFor()
    await page.getByText(w.unreadable).waitFor()
    await expectNoAxeViolations(page)
    // The uploaded study is the newest, so it stands first.
    await chooseCtUntilConsent(page, locale)
    await page.getByRole('alert').filter({ hasText: w.noConsent }).waitFor()
    await expectNoAxeViolations(page)
    const { studies } = (await (await page.request.get('/site/v1/studies?limit=1')).json()) as {
      studies: { personId: string }[]
    }
    await giveConsent(page, studies[0]?.personId ?? '')
    // What was chosen stands in the tab: a reload begins at the same step.
    await page.reload()
    await page.getByRole('heading', { name: w.data }).waitFor()
    await button(page, w.next).click()
    await page.getByText(w.first).waitFor()
    await expectNoAxeViolations(page)
    await button(page, w.next).click()
    await button(page, w.submit).waitFor()
    await expectNoAxeViolations(page)
    // Pressed twice in a hurry: one order.
    await button(page, w.submit).dblclick()
    await page.waitForURL(/\/jobs\/ord_/)
    await page.locator('.bh-page h1').waitFor()
    await page.locator('.bh-page-about .bh-tag', { hasText: w.settled }).waitFor({ timeout: 30_000 })
    await expectPartsToAddUp(page, w.sum)
    expect(await page.locator('.jobs-timeline li[data-state=done]').count()).toBe(6)
    await expectNoAxeViolations(page)
    const made = (await orders(page)).filter(({ orderId }) => !before.has(orderId))
    expect(made.map(({ state }) => state)).toEqual(['settled'])
    expect(refusedByPolicy()).toEqual([])
    await page.context().close()
  }, 60_000)

  test('sees on a phone why an order waits, and cancels it: the whole hold comes back', async () => {
    const page = await house.page({ locale, as: CLINICIAN, width: 390, height: 844 })
    await chooseCt(page, w)
    await page.getByText(w.first).waitFor()
    await page.getByRole('spinbutton').fill('0.01')
    await page.getByRole('spinbutton').press('Enter')
    await page.getByRole('status').filter({ hasText: w.wouldWait }).waitFor()
    await expectNoSidewaysScroll(page)
    await button(page, w.next).click()
    await button(page, w.submit).click()
    await page.waitForURL(/\/jobs\/ord_/)
    await page.getByRole('region', { name: w.waiting }).getByText(w.price, { exact: true }).waitFor()
    await expectNoSidewaysScroll(page)
    await expectNoAxeViolations(page)
    await button(page, w.cancel).click()
    await page.getByRole('dialog').getByRole('button', { name: w.cancelAct }).click()
    await page.locator('.bh-panel .bh-tag', { hasText: w.back }).waitFor()
    const orderId = page.url().split('/').at(-1)
    const found = (await orders(page)).find((order) => order.orderId === orderId)
    expect([found?.state, found?.cost.state]).toEqual(['cancelled', 'returned'])
    await page.context().close()
  }, 60_000)

  test('finds nothing wrong with any screen by axe, and every fact of a job on a phone', async () => {
    const page = await house.page({ locale, as: CLINICIAN })
    const [last] = await orders(page)
    const paths = ['/today', '/jobs', '/studies', `/studies/${last?.studyId}`, '/studies/upload', '/analysis/new']
    for (const path of paths) {
      await page.goto(path)
      await page.locator('.bh-page h1').waitFor()
      await page.locator('.bh-loading').first().waitFor({ state: 'detached' })
      await expectNoAxeViolations(page)
    }
    const wide = `/jobs/${last?.orderId}`
    await page.goto(wide)
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    const facts = await page.locator('main dt').allInnerTexts()
    await page.setViewportSize({ width: 390, height: 844 })
    // The page learns of its new width by an event; what is still too wide after that is named.
    await expect.poll(() => page.evaluate(tooWide), { timeout: 5_000 }).toEqual([])
    await expectNoSidewaysScroll(page)
    expect(await page.locator('main dt:visible').allInnerTexts()).toEqual(facts)
    expect(facts.length).toBeGreaterThan(8)
    await page.context().close()
  }, 60_000)
})

/** To the step that checks the data, where a missing consent is said. */
async function chooseCtUntilConsent(page: Page, locale: Locale): Promise<void> {
  const w = WORDS[locale]
  await page.goto('/analysis/new')
  await button(page, w.chooseCt).first().click()
  await button(page, w.next).click()
  await button(page, w.chooseModel).click()
  await button(page, w.next).click()
}

describe('what must not be lost', () => {
  test('the whole order by keyboard alone, over an ended session', async () => {
    const w = WORDS.en
    const page = await house.page({ locale: 'en', as: CLINICIAN, path: '/analysis/new' })
    const sampled = page.locator('li', { hasText: 'CHEST' }).last()
    await press(page, sampled.getByRole('button', { name: w.chooseCt }))
    await press(page, button(page, w.next))
    await press(page, button(page, w.chooseModel))
    await press(page, button(page, w.next))
    await page.getByRole('heading', { name: w.data }).waitFor()
    await press(page, button(page, w.next))
    await page.getByText(w.first).waitFor()
    await page.context().clearCookies()
    await press(page, button(page, w.refresh))
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    await house.signIn(page.context(), CLINICIAN)
    await page.reload()
    await page.getByText(w.first).waitFor()
    await press(page, button(page, w.next))
    await press(page, button(page, w.submit))
    await page.waitForURL(/\/jobs\/ord_/)
    await page.context().close()
  }, 60_000)

  test('a hub that restarts in the middle of a form: the choices stay and the order goes through', async () => {
    const w = WORDS.zh
    const page = await house.page({ locale: 'zh', as: CLINICIAN })
    await page.goto('/analysis/new')
    await page.locator('li', { hasText: 'CHEST' }).last().getByRole('button', { name: w.chooseCt }).click()
    await button(page, w.next).click()
    await button(page, w.chooseModel).click()
    await button(page, w.next).click()
    await button(page, w.next).click()
    await page.getByText(w.first).waitFor()
    await house.stopHouse()
    await house.startHouse()
    await button(page, w.refresh).click()
    await page.getByText(w.first).waitFor({ timeout: 30_000 })
    await button(page, w.next).click()
    await button(page, w.submit).click()
    await page.waitForURL(/\/jobs\/ord_/, { timeout: 30_000 })
    await page.context().close()
  }, 90_000)
})
