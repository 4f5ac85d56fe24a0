import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clinic, openClinic } from './open-clinic.ts'
import { expectNoAxeViolations, expectNoSidewaysScroll, type OpenConsole, type View } from './open-console.ts'

const PHONE = { width: 390, height: 844 } as const

let house: OpenConsole
let own: Clinic['own']

const phone = (view: View = {}) => house.page({ ...PHONE, as: 'patient@sample.invalid', ...view })

beforeAll(async () => {
  const clinic = await openClinic()
  ;({ house, own } = clinic)
  const { code } = await clinic.must(clinic.doctor, 'POST', `/site/v1/people/${own.personId}/invitation`)
  const context = (await phone()).context()
  await clinic.must(context, 'POST', '/site/v1/me/link', { code, birthDate: own.birthDate })
  const request = {
    ...{
      personId: own.personId,
      purpose: 'research',
      dataClass: 'imaging.chest',
      recipientKinds: ['hospital', 'home'],
    },
    ...{ jurisdictions: ['CN-44', 'SG'], days: 90, answerBy: Date.now() + 9 * 86_400_000 },
    // A long word, emoji and another direction of writing are what people paste.
    why: `想用您的胸部 CT 做研究 🫁 ${'Pneumonoultramicroscopicsilicovolcanoconiosis'.repeat(2)} نود استخدام صورك للبحث`,
  }
  const { requestId } = await clinic.must(clinic.doctor, 'POST', '/site/v1/consent-requests', request)
  paths.push('/m', '/m/consents', `/m/consents/${own.consentId}`, `/m/requests/${requestId}`, '/m/records')
  paths.push(`/m/reports/${own.reportId}`, '/m/wallet', '/m/me')
  await context.close()
}, 240_000)

afterAll(() => house?.close())

const paths: string[] = []

describe('every screen of the patient', () => {
  /** Texts that their own box cuts off, and targets that a thumb misses. */
  const losses = (page: Page) =>
    page.evaluate(() => {
      const found: string[] = []
      for (const one of document.querySelectorAll<HTMLElement>('main *, nav *')) {
        if (one.closest('.bh-sr') || one.closest('svg') || one.tagName === 'INPUT') continue
        const style = getComputedStyle(one)
        const cut = style.overflowX !== 'visible' || style.textOverflow === 'ellipsis'
        if (cut && one.scrollWidth > one.clientWidth + 1)
          found.push(`cut: ${one.className} ${one.innerText.slice(0, 30)}`)
        const right = one.getBoundingClientRect().right
        if (right > document.documentElement.clientWidth + 1) found.push(`outside: ${one.className} ${right}`)
      }
      for (const one of document.querySelectorAll<HTMLElement>('main button, main a, nav a')) {
        const { height } = one.getBoundingClientRect()
        if (height < 55.5) found.push(`low: ${one.className} ${one.innerText} ${height}`)
      }
      return found
    })

  const settled = async (page: Page) => {
    await page.locator('.m-tabs').waitFor()
    await page.locator('h1').waitFor()
    await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null)
  }

  for (const locale of ['zh', 'en'] as const) {
    test(`loses nothing from 320 to 480 px, also in large type (${locale})`, async () => {
      const page = await phone({ locale, path: '/m' })
      for (const largeType of [false, true]) {
        await page.evaluate(
          ([size, wanted]) =>
            localStorage.setItem('bithive.preferences', JSON.stringify({ locale: wanted, largeType: size })),
          [largeType, locale] as const,
        )
        for (const path of paths) {
          await page.goto(path)
          await settled(page)
          expect(await page.evaluate(() => document.documentElement.dataset.type)).toBe(largeType ? 'large' : 'normal')
          for (const width of [320, 390, 480]) {
            await page.setViewportSize({ width, height: 800 })
            await expectNoSidewaysScroll(page)
            expect([path, width, largeType, await losses(page)]).toEqual([path, width, largeType, []])
          }
        }
      }
      await page.context().close()
    })
  }

  for (const [locale, scheme] of [
    ['zh', 'light'],
    ['zh', 'dark'],
    ['en', 'light'],
    ['en', 'dark'],
  ] as const) {
    test(`has no fault that axe finds (${locale}, ${scheme})`, async () => {
      const page = await phone({ locale, scheme, path: '/m' })
      for (const path of paths) {
        await page.goto(path)
        await settled(page)
        await expectNoAxeViolations(page)
      }
      await page.context().close()
    })
  }
})
