import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect, findRunningPostgres } from '@bithive/kernel/database'
import { wide } from '@bithive/kernel/testing'
import { sendInstances } from '@bithive/site/dicom-sender'
import { sampleFiles } from '@bithive/site/sample-scanner'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { houseEnvironment, type RunningHouse, runBithive, temporaryFolder } from '../running-house.ts'
import { expectNoAxeViolations, expectNoSidewaysScroll } from './open-console.ts'

const run = promisify(execFile)
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const PASSWORD = 'a long enough password'
const ADMIN = 'limin@example.org'

type Locale = 'zh' | 'en'
/** The words of the screens that a person presses, by language. */
const WORDS = {
  zh: {
    next: '下一步',
    later: '以后再说',
    nameZh: '中文名称',
    nameEn: '英文名称',
    name: '姓名',
    login: '登录名',
    also: '放射科医生',
    allow: '允许 CT1',
    removed: '移除 CT1',
    echo: '已收到回显',
    store: '已收到影像',
    pacsAe: 'PACS 的 AE 名称',
    address: '地址',
    port: '端口',
    test: '测试',
    backup: '立即备份',
    written: '我已抄写口令',
    fund: '发放示例款项',
    open: '进入 BitHive',
    invite: '邀请',
    issue: '发出邀请',
    close: '关闭',
    join: '加入',
    role: '技师',
    admin: '管理员',
    confirm: '确认 赵强',
    search: '查询',
    check: '核对散列链',
    rehearse: '演练恢复',
    passed: '通过',
  },
  en: {
    next: 'Next',
    later: 'Later',
    nameZh: 'Name in Chinese',
    nameEn: 'Name in English',
    name: 'Name',
    login: 'Login',
    also: 'radiologist',
    allow: 'Allow CT1',
    removed: 'Remove CT1',
    echo: 'an echo arrived',
    store: 'an image arrived',
    pacsAe: 'AE title of the PACS',
    address: 'Address',
    port: 'Port',
    test: 'Test',
    backup: 'Back up now',
    written: 'I have written it down',
    fund: 'Give sample money',
    open: 'Open BitHive',
    invite: 'Invite',
    issue: 'Issue the invitation',
    close: 'Close',
    join: 'Join',
    role: 'technician',
    admin: 'administrator',
    confirm: 'Confirm 赵强',
    search: 'Search',
    check: 'Check the hash chain',
    rehearse: 'Rehearse a restore',
    passed: 'passed',
  },
} as const

/** An empty house of its own, and a browser in one language. */
async function openEmptyHouse(locale: Locale) {
  const folder = await temporaryFolder()
  const backups = await mkdtemp(join(tmpdir(), 'bithive-e2e-backups-'))
  const house: RunningHouse = runBithive(
    ['up', '--empty'],
    houseEnvironment(folder.path, { BITHIVE_BACKUP_DIR: backups }),
  )
  const line = await house.line(/setup#code=/)
  const url = /http:\/\/localhost:\d+/.exec(line)?.[0] as string
  const code = /code=(\S+)/.exec(line)?.[1] as string
  const browser: Browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: QUIET })
  const context = async (width = 1280): Promise<BrowserContext> =>
    browser.newContext({
      ...{ baseURL: url, viewport: { width, height: 900 }, reducedMotion: 'reduce' },
      locale: locale === 'zh' ? 'zh-CN' : 'en-GB',
    })
  return {
    ...{ url, code, backups, directory: folder.path, context },
    close: async () => {
      await browser.close()
      house.signal('SIGTERM')
      await house.ended
      await folder.remove()
      await rm(backups, { recursive: true, force: true })
    },
  }
}

type Opened = Awaited<ReturnType<typeof openEmptyHouse>>

async function pageIn(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  return page
}

/** Says at which step a person stands, and looks at it as axe does. */
async function at(page: Page, step: string): Promise<void> {
  await page.locator(`[data-step=${step}]`).waitFor()
  await expectNoAxeViolations(page)
  await expectNoSidewaysScroll(page)
}

/** The whole wizard by its labels. @returns milliseconds from the code to the first page */
async function setUp(page: Page, opened: Opened, locale: Locale): Promise<number> {
  const w = WORDS[locale]
  const press = (name: string) => page.getByRole('button', { name, exact: true }).first().click()
  const startedAt = performance.now()
  await page.goto(`/setup#code=${opened.code}`)
  await at(page, 'language')
  expect(page.url()).not.toContain('code')
  await press(w.next)
  await at(page, 'organisation')
  await page.getByLabel(w.nameZh).fill('青禾诊所')
  await page.getByLabel(w.nameEn).fill('Qinghe Clinic')
  await press(w.next)
  await at(page, 'administrator')
  await page.getByLabel(w.name, { exact: true }).fill('李敏 🩻 with a very long name that wraps')
  await page.getByLabel(w.login).fill(ADMIN)
  const secrets = page.locator('input[type=password]')
  await secrets.nth(0).fill(PASSWORD)
  await secrets.nth(1).fill(PASSWORD)
  await page.getByLabel(w.also).check()
  // Closed in the middle, it goes on at the same step.
  await page.getByLabel(w.name, { exact: true }).press('Enter')
  await at(page, 'dicom')
  await page.reload()
  await at(page, 'dicom')
  const port = await page.locator('[data-dicom-port]').innerText()
  const scanner = ['-aet', 'CT1', '-aec', 'BITHIVE', '127.0.0.1', port]
  await run('echoscu', scanner).catch(() => undefined)
  await press(w.allow)
  await page.getByRole('button', { name: w.removed }).waitFor()
  await run('echoscu', scanner)
  await page.getByText(w.echo).waitFor()
  const [study] = await sampleFiles(`wizard-${locale}`)
  const target = { host: '127.0.0.1', port: Number(port), callingAe: 'CT1', calledAe: 'BITHIVE' }
  const [sent] = await sendInstances(target, study?.files ?? [])
  expect(sent?.state).toBe('sent')
  await page.getByText(w.store).waitFor()
  await press(w.next)
  await at(page, 'pacs')
  await page.getByLabel(w.pacsAe).fill('PACS')
  await page.getByLabel(w.address).fill('127.0.0.1')
  await page.getByLabel(w.port).fill('9')
  await press(w.test)
  await page.locator('[data-outcome=unreachable]').waitFor()
  // Our own receiver is a peer like another: it refuses who is not on its list.
  await page.getByLabel(w.pacsAe).fill('BITHIVE')
  await page.getByLabel(w.port).fill(port)
  await press(w.test)
  await page.locator('[data-outcome=refused]').waitFor()
  await press(w.later)
  for (const step of ['storage', 'database']) {
    await at(page, step)
    await press(w.test)
    await page.locator('[data-outcome=true]').waitFor()
    await press(w.next)
  }
  await at(page, 'chain')
  await press(w.next)
  await at(page, 'backup')
  await press(w.backup)
  await page.locator('[data-run=done]').waitFor()
  expect(await page.locator('[data-passphrase]').innerText()).toMatch(/^([0-9a-z]{5}-){4}[0-9a-z]{5}$/)
  await page.getByLabel(w.written).check()
  await press(w.next)
  await at(page, 'money')
  await press(w.fund)
  await page.locator('[data-outcome=funded]').waitFor()
  await press(w.next)
  await at(page, 'done')
  await press(w.open)
  await page.waitForURL((address) => address.pathname !== '/setup')
  return performance.now() - startedAt
}

const headersOf = ({ url }: Opened) => ({ origin: url })

describe.each(['zh', 'en'] as const)('the first person of an empty house, in %s', (locale) => {
  const browser = wide('a browser and a scanner', ['chromium', 'echoscu'])
  let opened: Opened
  let context: BrowserContext
  const w = WORDS[locale]
  beforeAll(async () => {
    opened = await openEmptyHouse(locale)
    context = await opened.context()
  }, 120_000)
  afterAll(() => opened?.close())

  browser(
    'sets it up under five minutes to the first image, after which the code opens nothing',
    async () => {
      const page = await pageIn(context)
      const tookMs = await setUp(page, opened, locale)
      expect(tookMs).toBeLessThan(300_000)
      const studies = await context.request.get('/site/v1/studies')
      expect(JSON.stringify(await studies.json())).toContain('stu')
      const headers = { ...headersOf(opened), 'x-bithive-setup-code': opened.code }
      const stranger = await opened.context()
      const again = await stranger.request.get('/hub/v1/setup/state', { headers })
      expect(again.status()).toBe(401)
      const body = { login: 'second@example.org', name: 'x', password: PASSWORD, alsoWorksAs: [] }
      const second = await stranger.request.post('/hub/v1/setup/administrator', { headers, data: body })
      expect(second.status()).toBe(401)
    },
    150_000,
  )

  browser(
    'invites a colleague, who signs in; the audit finds the invitation, and an altered record is named',
    async () => {
      const page = await pageIn(context)
      await page.goto('/users')
      await page.getByRole('button', { name: w.invite, exact: true }).click()
      await page.getByRole('dialog').getByLabel(w.role).check()
      await page.getByRole('button', { name: w.issue }).click()
      const link = await page.locator('[data-link]').innerText()
      await expectNoAxeViolations(page)
      const colleague = await opened.context(390)
      const theirs = await pageIn(colleague)
      await theirs.goto(link)
      await theirs.getByLabel(w.name, { exact: true }).fill('王芳')
      await theirs.getByLabel(w.login).fill('wangfang@example.org')
      const secrets = theirs.locator('input[type=password]')
      await secrets.nth(0).fill(PASSWORD)
      await secrets.nth(1).fill(PASSWORD)
      await expectNoAxeViolations(theirs)
      await expectNoSidewaysScroll(theirs)
      await theirs.getByRole('button', { name: w.join, exact: true }).click()
      await theirs.waitForURL((address) => address.pathname !== '/join')
      const me = await (await colleague.request.get('/site/v1/me')).json()
      expect(me).toMatchObject({ name: '王芳', roles: ['technician'] })

      await page.goto('/audit')
      await page.locator('form input').nth(1).fill('members.invited')
      await page.getByRole('button', { name: w.search, exact: true }).click()
      await page.getByText('members.invited').first().waitFor()
      await page.getByRole('button', { name: w.check }).last().click()
      await page.locator('[data-tone=ok]').last().waitFor()
      await expectNoAxeViolations(page)

      const server = findRunningPostgres(join(opened.directory, 'postgres'))
      const sql = connect(server?.('site') as string, { max: 1 })
      try {
        const alter = (from: string, to: string) => sql`UPDATE kernel.audit_event
          SET event = replace(event, ${from}, ${to}) WHERE action IN ('members.invited', 'members.uninvited')`
        await alter('members.invited', 'members.uninvited')
        const [row] = await sql<{ seq: string }[]>`
          SELECT seq::text FROM kernel.audit_event WHERE action = 'members.uninvited'`
        await page.getByRole('button', { name: w.check }).last().click()
        await page.getByRole('alert').waitFor()
        expect(await page.getByRole('alert').innerText()).toContain(String(row?.seq))
        await alter('members.uninvited', 'members.invited')
        await page.getByRole('button', { name: w.check }).last().click()
        await page.getByRole('alert').waitFor({ state: 'detached' })
      } finally {
        await sql.end()
      }
    },
    90_000,
  )

  browser(
    'invites an administrator, who counts once another confirms: who gave it cannot, and the page says for whom it waits',
    async () => {
      const page = await pageIn(context)
      await page.goto('/users')
      await page.getByRole('button', { name: w.invite, exact: true }).click()
      await page.getByRole('dialog').getByLabel(w.role).check()
      await page.getByRole('dialog').getByLabel(w.admin).check()
      await page.getByRole('dialog').getByText('72').waitFor()
      await page.getByRole('button', { name: w.issue }).click()
      const link = await page.locator('[data-link]').innerText()
      const other = await opened.context(390)
      const code = /#site=(\S+)/.exec(link)?.[1] ?? ''
      const person = { code, login: 'zhaoqiang@example.org', password: PASSWORD, name: '赵强' }
      const headers = headersOf(opened)
      expect((await other.request.post('/site/v1/invitations/accept', { data: person, headers })).status()).toBe(201)
      const data = { login: person.login, password: PASSWORD }
      expect((await other.request.post('/site/auth/sign-in', { data, headers })).status()).toBe(200)
      expect(await (await other.request.get('/site/v1/me')).json()).toMatchObject({ roles: ['technician'] })
      await page.goto('/users')
      const confirm = page.getByRole('button', { name: w.confirm })
      await confirm.waitFor()
      expect(await confirm.isDisabled()).toBe(true)
      expect(await page.locator('[data-awaits-second]').innerText()).toContain(w.admin)
      await expectNoAxeViolations(page)
      await page.setViewportSize({ width: 390, height: 900 })
      await expectNoSidewaysScroll(page)
    },
    60_000,
  )

  browser(
    'sees a stopped ledger on the health page, backs up and rehearses, on a telephone too',
    async () => {
      const hub = await opened.context(390)
      const data = { login: ADMIN, password: PASSWORD }
      expect((await hub.request.post('/hub/auth/sign-in', { data, headers: headersOf(opened) })).status()).toBe(200)
      const page = await pageIn(hub)
      await page.goto('/health')
      await page.locator('dl, table').first().waitFor()
      expect(await page.locator('[data-problem=ledger]').count()).toBe(0)
      const server = findRunningPostgres(join(opened.directory, 'postgres'))
      const sql = connect(server?.('hub') as string, { max: 1 })
      try {
        const move = (by: number) => sql`UPDATE ledger.account SET debits_posted = debits_posted + ${by}
          WHERE id = (SELECT min(id) FROM ledger.account)`
        await move(7)
        await page.locator('[data-problem=ledger]').waitFor({ timeout: 25_000 })
        await expectNoAxeViolations(page)
        const readStop = async () =>
          (await sql<{ shard: number }[]>`SELECT shard FROM ledger.stop WHERE cleared_at_ms IS NULL`)[0]
        // The page says that the sums differ a moment before the running check has stopped the payouts.
        await expect.poll(readStop, { timeout: 15_000 }).toBeDefined()
        await move(-7)
        const row = await readStop()
        const stop = `/hub/v1/operations/ledger/stops/${row?.shard}`
        const ask = (what: string, body: object) =>
          hub.request.post(`${stop}/${what}`, { data: body, headers: headersOf(opened) })
        const proposal = await ask('proposal', { reason: 'difference-explained' })
        expect(proposal.status()).toBe(201)
        const { proposalId } = (await proposal.json()) as { proposalId: string }
        // Nobody clears a stop alone.
        expect(await (await ask('approval', { proposalId })).json()).toMatchObject({
          code: 'ledger.needs-second-person',
        })
        await sql`SELECT ledger.clear_stop(${row?.shard ?? 0}, ${String(Math.round(performance.timeOrigin))}::bigint, 'one', 'two', 'test')`
        await page.locator('[data-problem=ledger]').waitFor({ state: 'detached', timeout: 25_000 })
      } finally {
        await sql.end()
      }
      for (const path of ['/ledger', '/organisations', '/users', '/backups']) {
        await page.goto(path)
        await page.locator('.bh-page h1').waitFor()
        await page.locator('.bh-loading').waitFor({ state: 'detached' })
        await expectNoAxeViolations(page)
        await expectNoSidewaysScroll(page)
      }
      await page.getByRole('button', { name: w.rehearse }).first().click()
      await page.locator('[data-run=done]').waitFor({ timeout: 60_000 })
      await page.getByText(w.passed, { exact: true }).first().waitFor()
    },
    150_000,
  )
})
