import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { houseEnvironment, runBithive, temporaryFolder } from './e2e/running-house.ts'

/**
 * Takes a picture of every screen, for docs/screens: `npm run -s screens [-- NAME…]`. Each in zh and en, on a desktop
 * and a phone; the main ones in dark too. It opens a sample house of its own.
 */
const OUT = fileURLToPath(new URL('../docs/screens/', import.meta.url))

type Who = 'radiologist' | 'patient' | 'operator' | 'linxiao' | 'author' | 'privacy'
type Service = 'site' | 'hub'
const SERVICE: Readonly<Record<Who, Service>> = {
  radiologist: 'site',
  patient: 'site',
  privacy: 'site',
  operator: 'hub',
  linxiao: 'hub',
  author: 'hub',
}

type Screen = {
  readonly name: string
  readonly as?: Who
  /** A path, or how to find it from a page of the person who is signed in. */
  readonly path: string | ((page: Page) => Promise<string>)
  readonly dark?: boolean
  readonly sizes?: readonly Size[]
  /** Waited for before the picture is taken. */
  readonly ready?: string
}

type Size = 'desktop' | 'phone'
const SIZES: Readonly<Record<Size, { readonly width: number; readonly height: number }>> = {
  desktop: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
}

/** The first id that a list of the API gives. */
const first =
  (url: string, list: string, key: string, to: (id: string) => string) =>
  async (page: Page): Promise<string> => {
    const answer = await page.request.get(url)
    const body = (await answer.json()) as Record<string, Record<string, string>[]>
    const id = body[list]?.[0]?.[key]
    if (!id) throw new Error(`${url} lists nothing to open`)
    return to(id)
  }

const studyPage = first('/site/v1/studies', 'studies', 'studyId', (id) => `/studies/${id}`)
const viewerPage = first('/site/v1/studies', 'studies', 'studyId', (id) => `/radiology/${id}`)
const jobPage = first('/site/v1/orders', 'orders', 'orderId', (id) => `/jobs/${id}`)
const consentPage = first('/site/v1/studies', 'studies', 'personId', (id) => `/consents/${id}`)
const nodePage = first('/hub/v1/nodes', 'nodes', 'nodeId', (id) => `/nodes/${id}`)
const phone: readonly Size[] = ['phone']

const SCREENS: readonly Screen[] = [
  { name: 'sign-in', path: '/', dark: true },
  { name: 'today', as: 'radiologist', path: '/today', dark: true },
  { name: 'worklist', as: 'radiologist', path: '/radiology' },
  { name: 'viewer', as: 'radiologist', path: viewerPage, ready: 'canvas, .rad-key img, main img' },
  { name: 'studies', as: 'radiologist', path: '/studies' },
  { name: 'study', as: 'radiologist', path: studyPage },
  { name: 'upload', as: 'radiologist', path: '/studies/upload' },
  { name: 'new-analysis', as: 'radiologist', path: '/analysis/new' },
  { name: 'jobs', as: 'radiologist', path: '/jobs' },
  { name: 'job', as: 'radiologist', path: jobPage, dark: true },
  { name: 'consents', as: 'privacy', path: '/consents' },
  { name: 'consents-of-person', as: 'privacy', path: consentPage },
  { name: 'hospital-wallet', as: 'radiologist', path: '/wallet', dark: true },
  { name: 'statement', as: 'radiologist', path: '/wallet/statement' },
  { name: 'nodes', as: 'linxiao', path: '/nodes', dark: true },
  { name: 'node-join', as: 'linxiao', path: '/nodes/join' },
  { name: 'node', as: 'linxiao', path: nodePage },
  { name: 'models', as: 'author', path: '/models' },
  { name: 'treasury-rates', as: 'operator', path: '/treasury/rates' },
  { name: 'treasury-supply', as: 'operator', path: '/treasury/supply' },
  { name: 'treasury-bank', as: 'operator', path: '/treasury/bank' },
  { name: 'treasury-ledger-desk', as: 'operator', path: '/treasury/ledger' },
  { name: 'health', as: 'operator', path: '/health', dark: true },
  { name: 'ledger', as: 'operator', path: '/ledger' },
  { name: 'users', as: 'operator', path: '/users' },
  { name: 'organisations', as: 'operator', path: '/organisations' },
  { name: 'audit', as: 'operator', path: '/audit' },
  { name: 'backups', as: 'operator', path: '/backups' },
  { name: 'account', as: 'radiologist', path: '/account' },
  { name: 'not-found', as: 'radiologist', path: '/nowhere' },
  { name: 'm-sign-in', path: '/m', sizes: phone },
  { name: 'm-home', as: 'patient', path: '/m', sizes: phone, dark: true },
  { name: 'm-consents', as: 'patient', path: '/m/consents', sizes: phone },
  { name: 'm-records', as: 'patient', path: '/m/records', sizes: phone },
  { name: 'm-wallet', as: 'patient', path: '/m/wallet', sizes: phone },
  { name: 'm-me', as: 'patient', path: '/m/me', sizes: phone },
]

type Shot = { readonly screen: Screen; readonly locale: 'zh' | 'en'; readonly size: Size; readonly dark: boolean }

function shotsOf(screen: Screen): Shot[] {
  const sizes = screen.sizes ?? (['desktop', 'phone'] as const)
  const light = (['zh', 'en'] as const).flatMap((locale) =>
    sizes.map((size) => ({ screen, locale, size, dark: false })),
  )
  const size = sizes[0] as Size
  return screen.dark ? [...light, { screen, locale: 'zh', size, dark: true }] : light
}

type Session = Awaited<ReturnType<BrowserContext['storageState']>>

/** Once a person: tries are counted, and one session is as good as many. */
const sessions = new Map<Who, Session>()

async function signIn(context: BrowserContext, url: string, who: Who, password: string): Promise<void> {
  const known = sessions.get(who)
  if (known) return context.addCookies(known.cookies)
  const data = { login: `${who}@sample.invalid`, password }
  const answer = await context.request.post(`${url}/${SERVICE[who]}/auth/sign-in`, { data, headers: { origin: url } })
  if (!answer.ok()) throw new Error(`${who} was not signed in: ${answer.status()}`)
  sessions.set(who, await context.storageState())
}

/** What is still under way on a page: nothing moves any more when there is none of it. */
const BUSY = '[aria-busy="true"], .ant-skeleton, .ant-spin-spinning'

/** True once nothing was under way for forty frames on end: one wait often follows another. */
async function calm(busy: string): Promise<boolean> {
  for (let frame = 0; frame < 40; frame += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve))
    // A page that says less than a sentence is still on its way.
    if (document.querySelector(busy) || document.body.innerText.trim().length < 60) return false
  }
  return true
}

async function take(browser: Browser, url: string, password: string, shot: Shot): Promise<string[]> {
  const { screen, locale, size, dark } = shot
  const context = await browser.newContext({
    baseURL: url,
    viewport: SIZES[size],
    locale: locale === 'zh' ? 'zh-CN' : 'en-GB',
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    timezoneId: 'Asia/Shanghai',
  })
  const complaints: string[] = []
  try {
    if (screen.as) await signIn(context, url, screen.as, password)
    const page = await context.newPage()
    const note = (text: string) => complaints.push(`${screen.name} ${locale} ${size}: ${text}`)
    page.on('pageerror', (error) => note(error.message))
    await page.goto(typeof screen.path === 'string' ? screen.path : await screen.path(page))
    // The frame has a heading for screen readers alone while a page is on its way.
    await page.locator('h1:not(.bh-sr)').first().waitFor({ timeout: 25_000 })
    if (screen.ready)
      await page
        .locator(screen.ready)
        .first()
        .waitFor({ timeout: 20_000 })
        .catch(() => note('not ready'))
    let looks = 0
    while (looks < 60 && !(await page.evaluate(calm, BUSY))) looks += 1
    if (looks === 60) note('busy')
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) note(`${wide} px too wide`)
    const name = [screen.name, locale, size, ...(dark ? ['dark'] : [])].join('.')
    await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: size === 'phone', animations: 'disabled' })
  } catch (error) {
    complaints.push(`${screen.name} ${locale} ${size}: ${(error as Error).message.split('\n')[0]}`)
  } finally {
    await context.close()
  }
  return complaints
}

const wanted = process.argv.slice(2)
const screens = SCREENS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
await mkdir(OUT, { recursive: true })
const folder = await temporaryFolder()
const house = runBithive(['up'], houseEnvironment(folder.path))
try {
  const url = /https?:\/\/\S+/.exec(await house.line(/console: http/))?.[0] as string
  const password = (await readFile(join(folder.path, 'sample', 'password'), 'utf8')).trim()
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  })
  const complaints: string[] = []
  for (const shot of screens.flatMap(shotsOf)) complaints.push(...(await take(browser, url, password, shot)))
  await browser.close()
  process.stdout.write(complaints.length === 0 ? 'every screen was taken\n' : `${complaints.join('\n')}\n`)
  process.exitCode = complaints.length === 0 ? 0 : 1
} finally {
  house.signal('SIGTERM')
  await house.ended
  await folder.remove()
}
