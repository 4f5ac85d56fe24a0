import { wide } from '@bithive/kernel/testing'
import { chromium } from 'playwright-core'
import { afterEach, describe, expect } from 'vitest'
import { houseEnvironment, runBithive, temporaryFolder } from './running-house.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act()
})

/** Without these Chromium looks for its makers' hosts at every start. */
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

describe('the status page', () => {
  const browser = wide('a browser', ['chromium'])
  browser(
    'shows the state in Chinese and English, on a desktop and on a phone, without a script',
    async () => {
      const { path, remove } = await temporaryFolder()
      undo.push(remove)
      const house = runBithive(['up', '--empty'], houseEnvironment(path))
      undo.push(async () => {
        house.signal('SIGTERM')
        await house.ended
      })
      const line = await house.line(/console: /)
      const url = `${/http:\/\/\S+/.exec(line)?.[0]}/status`
      const chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: QUIET })
      undo.push(() => chrome.close())
      for (const [lang, word, notForDiagnosis] of [
        ['zh-CN', '试算平衡', '不可用于诊断'],
        ['en', 'Trial balance', 'not approved for diagnosis'],
      ] as const) {
        for (const width of [1280, 390]) {
          const context = await chrome.newContext({
            viewport: { width, height: 800 },
            locale: lang,
            javaScriptEnabled: false,
          })
          const page = await context.newPage()
          const answer = await page.goto(url)
          expect(answer?.status()).toBe(200)
          const text = (await page.textContent('main')) ?? ''
          expect(text).toContain(word)
          expect(text).toContain(notForDiagnosis)
          const box = await page.locator('main').boundingBox()
          expect(box?.width).toBeLessThanOrEqual(width)
          expect(await page.locator('html').getAttribute('lang')).toBe(lang)
          await context.close()
        }
      }
    },
    120_000,
  )
})
