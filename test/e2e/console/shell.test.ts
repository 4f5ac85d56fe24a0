import { wide } from '@bithive/kernel/testing'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test as plain } from 'vitest'
import { type OpenConsole, openConsole, refusedByPolicy } from './open-console.ts'
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

/** A passkey device that this browser has and that always agrees (WebAuthn level 3, section 11.2). */
async function addAuthenticator(page: Page) {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const
  return devtools.send('WebAuthn.addVirtualAuthenticator', { options })
}

describe('sign-in', () => {
  for (const locale of ['zh', 'en'] as const) {
    const words = WORDS[locale]
    test(`by password works in ${locale}, and says in words what is wrong`, async () => {
      const page = await opened({ locale, path: '/jobs' })
      await page.getByRole('heading', { level: 1, name: words.title }).waitFor()
      await button(page, words.signIn).click()
      await page.getByText(words.missing).waitFor()
      await field(page, words.login).fill('radiologist@sample.invalid')
      await field(page, words.password).fill('not the password')
      await button(page, words.signIn).click()
      const problem = page.getByRole('alert').filter({ hasText: words.wrong })
      await problem.waitFor()
      const said = await problem.innerText()
      expect(said).toContain(words.notDone)
      expect(said).toContain('sign-in.wrong-credentials')
      expect(said).toMatch(/req_\w+/)
      expect(await field(page, words.login).inputValue()).toBe('radiologist@sample.invalid')
      await field(page, words.password).fill(house.password)
      await button(page, words.signIn).click()
      await page.waitForFunction(() => document.querySelector('nav a[aria-current="page"]') !== null)
      // The page that was asked for first is the one that opens.
      expect(new URL(page.url()).pathname).toBe('/jobs')
      expect(await page.locator('html').getAttribute('lang')).toBe(locale === 'zh' ? 'zh-CN' : 'en')
    })
  }

  test('lists the sample logins, fills them in and remembers the kind of account', async () => {
    const page = await opened({ locale: 'en', path: '/' })
    await page.getByText('sample/password').waitFor()
    await button(page, 'Fill in operator@sample.invalid').click()
    expect(await page.getByRole('radio', { name: /Network account/ }).isChecked()).toBe(true)
    await field(page, 'Password').fill(house.password)
    await button(page, 'Sign in').click()
    await page.getByRole('navigation').waitFor()
    await page.context().clearCookies()
    await page.goto('/')
    await page.getByRole('heading', { level: 1, name: 'Sign in to BitHive' }).waitFor()
    expect(await page.getByRole('radio', { name: /Network account/ }).isChecked()).toBe(true)
  })

  test('by passkey: add one, sign out, sign in with it, remove it', async () => {
    const page = await opened({ locale: 'en' })
    await house.signIn(page.context(), 'radiologist@sample.invalid')
    await addAuthenticator(page)
    await page.goto('/account')
    await field(page, 'Name of the new passkey').fill('Test key 🗝️')
    await button(page, 'Add a passkey').click()
    await page.getByText('Test key 🗝️').waitFor()
    await page.getByRole('button', { name: /My account/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { level: 1, name: 'Sign in to BitHive' }).waitFor()
    await button(page, 'Sign in with a passkey').click()
    await page.getByRole('heading', { level: 1, name: 'My account' }).waitFor()
    await button(page, 'Remove passkey Test key 🗝️').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByText('No passkey yet.', { exact: false }).waitFor()
  })

  test('says so when the device holds no passkey, and lets the password be used', async () => {
    const page = await opened({ locale: 'en', path: '/' })
    await addAuthenticator(page)
    await button(page, 'Sign in with a passkey').click()
    await page.getByText('No passkey was used').waitFor()
    await page.getByText('passkey.no-passkey').waitFor()
    await button(page, 'Sign in').waitFor()
  })

  test('by keyboard alone', async () => {
    const page = await opened({ locale: 'en', path: '/' })
    await page.getByRole('heading', { level: 1 }).waitFor()
    const reach = async (label: string) => {
      for (let presses = 0; presses < 12; presses += 1) {
        await page.keyboard.press('Tab')
        const at = await page.evaluate(() => {
          const active = document.activeElement as HTMLInputElement | null
          return active?.labels?.[0]?.textContent ?? active?.textContent ?? ''
        })
        if (at === label) return
      }
      throw new Error(`Tab does not reach «${label}»`)
    }
    await reach('Login')
    await page.keyboard.type('radiologist@sample.invalid')
    await reach('Password')
    await page.keyboard.type(house.password)
    await page.keyboard.press('Enter')
    await page.getByRole('navigation').waitFor()
  })
})

describe('the frame', () => {
  test('switches the organisation between the hospital and the network', async () => {
    const page = await opened({
      locale: 'en',
      as: ['radiologist@sample.invalid', 'operator@sample.invalid'],
      path: '/account',
    })
    const switcher = page.getByRole('button', { name: /^Acting for/ })
    const before = await switcher.innerText()
    await switcher.click()
    await page.getByRole('menuitem', { name: /Network account/ }).click()
    await expect.poll(() => switcher.innerText()).not.toBe(before)
    await page.reload()
    await expect.poll(() => switcher.innerText()).not.toBe(before)
  })

  test('opens pages and jobs from the palette by keyboard', async () => {
    const page = await opened({ locale: 'en', as: 'radiologist@sample.invalid', path: '/jobs' })
    await arrived(page)
    await page.keyboard.press('/')
    const search = page.getByRole('combobox', { name: 'Search pages, acts, job ids, studies' })
    await search.waitFor()
    await page.keyboard.type('my account')
    await page.getByRole('option', { name: /My account/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'My account' }).waitFor()
    await page.keyboard.press('Control+k')
    await search.waitFor()
    await page.keyboard.type('job_01kb7q4m0000000000000000')
    await page.getByRole('option', { name: /Open job/ }).waitFor()
    await page.keyboard.press('Escape')
    await search.waitFor({ state: 'detached' })
    // A slash that is typed into a field is a slash.
    await field(page, 'Name of the new passkey').fill('')
    await field(page, 'Name of the new passkey').press('/')
    expect(await field(page, 'Name of the new passkey').inputValue()).toBe('/')
    expect(await search.count()).toBe(0)
  })

  test('changes language in place and marks the sample on every page', async () => {
    const page = await opened({ locale: 'zh', as: 'radiologist@sample.invalid', path: '/account' })
    await page.getByText('测试网络', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'EN', exact: false }).first().click()
    await page.getByRole('heading', { level: 1, name: 'My account' }).waitFor()
    await page.getByText('Test network', { exact: true }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  test('says that a page does not exist, and that one is not for this person', async () => {
    const page = await opened({ locale: 'en', as: 'operator@sample.invalid', path: '/no/such/page' })
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor()
    await page.getByText('/no/such/page').waitFor()
    await page.goto('/studies')
    await page.getByRole('heading', { level: 1, name: 'You have no permission for this page' }).waitFor()
  })

  test('shows the guide of a page beside it', async () => {
    const page = await opened({ locale: 'zh', as: 'radiologist@sample.invalid', path: '/account' })
    await button(page, '说明').click()
    await page.getByRole('dialog').getByRole('heading', { level: 2 }).first().waitFor()
    expect(await page.getByRole('dialog').innerText()).toContain('控制台')
  })
})

describe('faults', () => {
  test('a session that ends mid-form asks above the page, keeps what was typed and repeats the call', async () => {
    const page = await opened({ locale: 'en' })
    await house.signIn(page.context(), 'radiologist@sample.invalid')
    await page.goto('/account')
    await field(page, 'Current password').fill('what was typed 12')
    await field(page, 'New password').fill('what was typed too')
    await page.context().clearCookies()
    await button(page, 'Change password').click()
    const dialog = page.getByRole('dialog', { name: /Your session has ended/ })
    await dialog.waitFor()
    expect(await field(page, 'New password').inputValue()).toBe('what was typed too')
    await dialog.getByLabel('Password', { exact: true }).fill(house.password)
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
    // The repeated call is answered: the current password was wrong, which only a signed-in person is told.
    await page.getByText('The current password is wrong').waitFor()
    expect(await field(page, 'New password').inputValue()).toBe('what was typed too')
  })

  test('policy of the pages refused nothing', () => {
    expect(refusedByPolicy()).toEqual([])
  })
})

describe('a house that restarts under an open page', () => {
  test('is said in a strip with a way to try at once; the strip goes when it is back', async () => {
    const page = await opened({ locale: 'en', as: 'radiologist@sample.invalid', path: '/account' })
    await page.getByRole('heading', { level: 1, name: 'My account' }).waitFor()
    await house.stopHouse()
    const strip = page.getByText('The connection to the server is lost', { exact: true })
    await strip.waitFor({ timeout: 20_000 })
    await button(page, 'Try now').waitFor()
    await house.startHouse()
    // Still lost until it is tried again: the button does that, or the next turn does.
    await button(page, 'Try now')
      .click({ timeout: 2_000 })
      .catch(() => {})
    await strip.waitFor({ state: 'detached', timeout: 35_000 })
  })
})
