import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { houseEnvironment, type RunningHouse, runBithive, temporaryFolder } from '../running-house.ts'

/** Without these Chromium looks for its makers' hosts at every start. */
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Where each of the sample's people signs in. */
const SERVICES = {
  'radiologist@sample.invalid': 'site',
  'privacy@sample.invalid': 'site',
  'patient@sample.invalid': 'site',
  'operator@sample.invalid': 'hub',
  'operator2@sample.invalid': 'hub',
  'linxiao@sample.invalid': 'hub',
  'author@sample.invalid': 'hub',
} as const
export type SampleLogin = keyof typeof SERVICES

export type View = {
  readonly locale?: 'zh' | 'en'
  readonly width?: number
  readonly height?: number
  readonly scheme?: 'light' | 'dark'
  /** Signed in before the page opens, by a session that pages share; two are one browser with accounts at both. */
  readonly as?: SampleLogin | readonly SampleLogin[]
  /** Opened once the page is there; without it the page stays empty. */
  readonly path?: string
}

export type OpenConsole = {
  /** Address for people: the one that passkeys belong to. */
  readonly url: string
  readonly password: string
  readonly directory: string
  readonly browser: Browser
  /** A page in a browser of its own: language, size, colours and who is signed in. */
  readonly page: (view?: View) => Promise<Page>
  /** Signs in without the form, with a session of its own: for tests that end it. */
  readonly signIn: (context: BrowserContext, login: SampleLogin) => Promise<void>
  readonly stopHouse: () => Promise<void>
  /** On the same port, with the same data. */
  readonly startHouse: () => Promise<void>
  readonly close: () => Promise<void>
}

const COMPLAINT = /violates the following Content Security Policy|Refused to/

async function startSampleHouse(env: Readonly<Record<string, string>>) {
  const house = runBithive(['up'], env)
  const line = await house.line(/console: http/)
  return { house, url: /https?:\/\/\S+/.exec(line)?.[0] as string }
}

/** Opens one sample house with its nodes, and a browser. Close it in `afterAll`. */
export async function openConsole(extra: Readonly<Record<string, string>> = {}): Promise<OpenConsole> {
  const folder = await temporaryFolder()
  let running: RunningHouse | undefined
  let browser: Browser | undefined
  const close = async () => {
    await browser?.close()
    running?.signal('SIGTERM')
    await running?.ended
    await folder.remove()
  }
  try {
    const env = houseEnvironment(folder.path, extra)
    const started = await startSampleHouse(env)
    running = started.house
    const { url } = started
    const password = (await readFile(join(folder.path, 'sample', 'password'), 'utf8')).trim()
    const chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: QUIET })
    browser = chrome

    const known = new Map<SampleLogin, Awaited<ReturnType<BrowserContext['cookies']>>>()
    /** Sign-in is slowed down by address, so one session of each person serves all pages that only need one. */
    const reuse = async (context: BrowserContext, login: SampleLogin) => {
      const cookies = known.get(login)
      if (cookies) return context.addCookies(cookies)
      const before = new Set((await context.cookies()).map(({ name }) => name))
      await signIn(context, login)
      known.set(
        login,
        (await context.cookies()).filter(({ name }) => !before.has(name)),
      )
    }
    const signIn = async (context: BrowserContext, login: SampleLogin) => {
      const data = { login, password }
      const answer = await context.request.post(`${url}/${SERVICES[login]}/auth/sign-in`, {
        data,
        headers: { origin: url },
      })
      if (!answer.ok()) throw new Error(`${login} was not signed in: ${answer.status()} ${await answer.text()}`)
    }
    return {
      ...{ url, password, directory: folder.path, browser: chrome, signIn, close },
      page: async ({ locale = 'zh', width = 1440, height = 900, scheme = 'light', as = [], path } = {}) => {
        const context = await chrome.newContext({
          baseURL: url,
          viewport: { width, height },
          locale: locale === 'zh' ? 'zh-CN' : 'en-GB',
          colorScheme: scheme,
          reducedMotion: 'reduce',
        })
        for (const login of typeof as === 'string' ? [as] : as) await reuse(context, login)
        const page = await context.newPage()
        page.setDefaultTimeout(15_000)
        // What the policy forbids is silent on the page; a test must not pass over it.
        page.on('console', (message) => {
          if (COMPLAINT.test(message.text())) complaints.push(message.text())
        })
        if (path !== undefined) await page.goto(path)
        return page
      },
      stopHouse: async () => {
        running?.signal('SIGTERM')
        await running?.ended
        running = undefined
      },
      startHouse: async () => {
        running = (await startSampleHouse({ ...env, BITHIVE_PORT: new URL(url).port })).house
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

const complaints: string[] = []

/** What browsers refused because of the content security policy since this was last asked. */
export const refusedByPolicy = (): string[] => complaints.splice(0)

type Violation = {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[]
}

/** Runs axe (WCAG 2.0 A and AA, 2.1 AA) on what the page shows now. A violation names its rule, place and mending. */
export async function expectNoAxeViolations(page: Page): Promise<void> {
  // Evaluated, not added as a script: the page's own policy lets no script in.
  await page.evaluate(await readFile(AXE, 'utf8'))
  // A dialog that is still fading in has no contrast yet. What never ends (the mark of a wait) is not waited for.
  await page.evaluate(() => {
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
    return Promise.all(ending.map((one) => one.finished.catch(() => undefined))).then(() => undefined)
  })
  const violations = await page.evaluate(async () => {
    type Axe = { run: (root: Document, options: object) => Promise<{ violations: unknown[] }> }
    const { axe } = globalThis as unknown as { axe: Axe }
    const runOnly = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }
    const rules = { 'page-has-heading-one': { enabled: true }, 'landmark-one-main': { enabled: true } }
    return (await axe.run(document, { runOnly, rules, resultTypes: ['violations'] })).violations
  })
  const said = (violations as Violation[]).map(({ id, help, nodes }) => ({
    id,
    help,
    at: nodes.slice(0, 4).map(({ target, failureSummary }) => `${target.join(' ')} · ${failureSummary ?? ''}`),
  }))
  expect(said, page.url()).toEqual([])
}

/** No content is wider than the window: nobody has to scroll sideways to read a line. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }))
  expect(content, `${page.url()} is ${content} wide in a window of ${window}`).toBeLessThanOrEqual(window)
}
