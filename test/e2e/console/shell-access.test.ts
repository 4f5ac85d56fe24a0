import { wide } from '@bithive/kernel/testing'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, test as plain } from 'vitest'
import { expectNoAxeViolations, expectNoSidewaysScroll, type OpenConsole, openConsole } from './open-console.ts'
import { arrived, button, field, WORDS } from './shell-words.ts'

const test = wide('a browser', ['chromium'])
const hasBrowser = test === plain

let house: OpenConsole
const pages: Page[] = []

beforeAll(async () => {
  if (hasBrowser) house = await openConsole()
}, 120_000)
afterAll(() => house?.close())
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close()
})

const opened = async (view: Parameters<OpenConsole['page']>[0]) => {
  const page = await house.page(view)
  pages.push(page)
  return page
}

describe('every person', () => {
  for (const [locale, scheme] of [
    ['zh', 'light'],
    ['zh', 'dark'],
    ['en', 'light'],
    ['en', 'dark'],
  ] as const) {
    test(`finds sign-in, account, error page and palette without a fault of axe in ${locale}, ${scheme}`, async () => {
      const words = WORDS[locale]
      const out = await opened({ locale, scheme, path: '/' })
      await out.getByRole('heading', { level: 1, name: words.title }).waitFor()
      await expectNoAxeViolations(out)
      const page = await opened({ locale, scheme, as: 'radiologist@sample.invalid', path: '/account' })
      await page.getByRole('heading', { level: 1, name: words.account }).waitFor()
      await expectNoAxeViolations(page)
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').waitFor()
      await expectNoAxeViolations(page)
      await page.goto('/no/such/page')
      await page.getByRole('heading', { level: 1, name: words.noPage }).waitFor()
      await expectNoAxeViolations(page)
      await page.goto('/')
      await arrived(page)
      await expectNoAxeViolations(page)
    })
  }

  test('reaches everything at 390 px, at 320 px and at 200 % of 1280 px', async () => {
    // 200 % of a window of 1280 px is a layout of 640 px (WCAG 2.2, 1.4.10).
    for (const width of [640, 390, 320]) {
      const out = await opened({ locale: 'en', width, height: 844, path: '/' })
      await out.getByRole('heading', { level: 1 }).waitFor()
      await expectNoSidewaysScroll(out)
      const page = await opened({
        locale: 'en',
        width,
        height: 844,
        as: 'radiologist@sample.invalid',
        path: '/account',
      })
      await page.getByRole('heading', { level: 1, name: 'My account' }).waitFor()
      await expectNoSidewaysScroll(page)
      await button(page, 'Menu').click()
      await page.getByRole('dialog').getByRole('navigation').getByRole('link').first().click()
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.getByRole('button', { name: /My account/ }).waitFor()
    }
  })

  test('a patient signs in on the phone without a fault of axe', async () => {
    const page = await opened({ locale: 'zh', width: 390, height: 844, path: '/m' })
    await page.getByRole('heading', { level: 1, name: '登录' }).waitFor()
    await expectNoAxeViolations(page)
    await field(page, '账号').fill('patient@sample.invalid')
    await field(page, '密码').fill(house.password)
    await button(page, '登录').click()
    await arrived(page)
    await expectNoSidewaysScroll(page)
    await expectNoAxeViolations(page)
  })
})
