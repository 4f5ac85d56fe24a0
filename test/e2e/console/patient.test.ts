import type { BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatMoney, spokenMoney } from '../../../apps/console/src/shared/format.ts'
import { type Clinic, openClinic } from './open-clinic.ts'
import type { OpenConsole, View } from './open-console.ts'

const DAY_MS = 86_400_000
const PHONE = { width: 390, height: 844 } as const

let clinic: Clinic
let house: OpenConsole
let doctor: BrowserContext
let own: Clinic['own']

const phone = (view: View = {}) => house.page({ ...PHONE, as: 'patient@sample.invalid', ...view })
const requestOf = (answerBy: number, days: number) => ({
  ...{ personId: own.personId, purpose: 'research', dataClass: 'imaging.chest', recipientKinds: ['hospital'] },
  ...{ jurisdictions: ['CN'], days, why: '想用您的胸部 CT 研究肺气肿的早期表现。', answerBy },
})

/** Somebody else of this hospital: an account that stands for the person of the other study, or for nobody. */
async function otherPatient(letter: string, personId?: string): Promise<BrowserContext> {
  const login = `other-${letter}@sample.invalid`
  const { password } = house
  await clinic.must(doctor, 'POST', '/site/v1/accounts', {
    login,
    password,
    name: `Other ${letter}`,
    roles: ['patient'],
  })
  const context = await house.browser.newContext({ baseURL: house.url })
  await clinic.must(context, 'POST', '/site/auth/sign-in', { login, password })
  if (personId === undefined) return context
  const { code } = await clinic.must(doctor, 'POST', `/site/v1/people/${personId}/invitation`)
  await clinic.must(context, 'POST', '/site/v1/me/link', { code, birthDate: await clinic.birthDateOf(personId) })
  return context
}

beforeAll(async () => {
  clinic = await openClinic()
  ;({ house, doctor, own } = clinic)
}, 240_000)

afterAll(() => house?.close())

describe('an account becomes somebody’s', () => {
  test('by the code and the birth date, with the keyboard alone', async () => {
    const page = await phone({ path: '/m' })
    const { code } = await clinic.must(doctor, 'POST', `/site/v1/people/${own.personId}/invitation`)
    await page.getByLabel('邀请码').focus()
    const type = async (typed: string, birth: string) => {
      await page.keyboard.press('Control+A')
      await page.keyboard.type(typed)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Control+A')
      await page.keyboard.type(birth)
      await page.keyboard.press('Enter')
    }
    await type('AAAA-AAAA', '1950')
    await page.getByText('请写 8 位数字').waitFor()
    await page.getByLabel('邀请码').focus()
    await type('AAAA-AAAA', own.birthDate)
    await page.getByText('邀请码或出生日期不对').waitFor()
    // Nothing typed is lost, and the right code with another's birth date says no more than a wrong code.
    expect(await page.getByLabel('邀请码').inputValue()).toBe('AAAA-AAAA')
    const wrongDate = { code, birthDate: '1901-01-01' }
    const refused = await clinic.ask(page.context(), 'POST', '/site/v1/me/link', wrongDate)
    expect([refused.status, refused.body.code]).toEqual([422, 'identifiers.wrong-code'])
    await page.getByLabel('邀请码').focus()
    await type(String(code).toLowerCase().replace('-', ' '), own.birthDate.replaceAll('-', ''))
    await page.getByText('可用余额').waitFor()
    await page.context().close()
  })

  test('not by guessing: five tries an hour, and a code works once', async () => {
    const guesser = await otherPatient('guesser')
    const guess = (code: string) => clinic.ask(guesser, 'POST', '/site/v1/me/link', { code, birthDate: own.birthDate })
    const answers = []
    for (const letter of 'ABCDEF') answers.push((await guess(`${letter}AAA-AAAA`)).status)
    expect(answers).toEqual([422, 422, 422, 422, 422, 429])
    expect((await clinic.ask(guesser, 'GET', '/site/v1/me/timeline')).body.code).toBe('identifiers.not-linked')
    const again = await clinic.ask(doctor, 'POST', `/site/v1/people/${own.personId}/invitation`)
    expect(again.body.code).toBe('identifiers.already-linked')
    await guesser.close()
  })
})

describe('the purse', () => {
  /** A token that reads the patient's own organisation, made the way its own administrator makes it. */
  async function tokenOfThePatient() {
    const operator = (await house.page({ as: 'operator@sample.invalid' })).context()
    const { organisations } = await clinic.must(operator, 'GET', '/hub/v1/organisations')
    type Organisation = { orgId: string; slug: string | null; name: { en: string } }
    const purse = (organisations as unknown as Organisation[]).find(({ name }) =>
      name.en.startsWith('Wallet of a patient'),
    )
    const { password } = house
    const login = 'purse@sample.invalid'
    const person = { orgId: purse?.orgId, login, password, name: 'Purse', roles: ['admin', 'auditor'] }
    const { membershipId } = await clinic.must(operator, 'POST', '/hub/v1/accounts', person)
    const second = (await house.page({ as: 'operator2@sample.invalid' })).context()
    const confirmed = { orgId: purse?.orgId, roles: ['admin'] }
    await clinic.must(second, 'POST', `/hub/v1/memberships/${membershipId}/confirm`, confirmed)
    const holder = await house.browser.newContext({ baseURL: house.url })
    await clinic.must(holder, 'POST', '/hub/auth/sign-in', { login, password })
    const issue = async (scope: string[]) =>
      String((await clinic.must(holder, 'POST', '/hub/v1/service-tokens', { name: 'phone', scope })).token)
    return { holder, issue }
  }

  test('shows what the ledger says, in figures and to a screen reader, and hides it', async () => {
    const { holder, issue } = await tokenOfThePatient()
    const page = await phone({ path: '/m/wallet' })
    await clinic.must(page.context(), 'DELETE', '/site/v1/me/wallet')
    await page.reload()
    const strong = await clinic.ask(page.context(), 'PUT', '/site/v1/me/wallet', { code: await issue(['orderer']) })
    expect([strong.status, strong.body.code]).toEqual([422, 'records.wallet-too-strong'])
    await page.getByLabel('连接码').fill('bst_not-a-token-of-anybody-at-all')
    await page.getByRole('button', { name: '连接钱包' }).click()
    await page.getByText('这个连接码不能用').waitFor()
    await page.getByLabel('连接码').fill(await issue(['auditor']))
    await page.getByRole('button', { name: '连接钱包' }).click()
    await page.getByRole('heading', { name: '可用余额' }).waitFor()
    const { balances } = await clinic.must(holder, 'GET', '/hub/v1/ledger/balances')
    type Balance = { asset: string; kind: string; available: string }
    const holderBalances = (balances as unknown as Balance[]).filter(({ kind }) => kind === 'holder')
    expect(holderBalances.length).toBeGreaterThan(0)
    await page.goto('/m')
    await page.getByRole('heading', { name: '最近的账' }).waitFor()
    const said = await page.locator('main').innerText()
    for (const { asset, available } of holderBalances) {
      expect(available).not.toMatch(/^[0.]+$/)
      expect(said.replaceAll(/\s+/g, ' ')).toContain(formatMoney(available, asset, 'zh'))
      // The figure is read out as words; the digits themselves are hidden from the reader.
      expect(await page.locator('.m-card .bh-sr').allInnerTexts()).toContain(spokenMoney(available, asset, 'zh'))
    }
    const { token: _, ...wallet } = (await clinic.must(page.context(), 'GET', '/site/v1/me/wallet')) as Record<
      string,
      unknown
    >
    expect(JSON.stringify(wallet)).not.toContain('bst_')
    await page.getByRole('button', { name: '隐藏' }).click()
    const [first] = holderBalances
    await page.locator('.p-balance', { hasText: '已隐藏' }).waitFor()
    expect(await page.locator('main').innerText()).not.toContain(
      formatMoney(first?.available ?? '', first?.asset ?? '', 'zh'),
    )
    await page.getByRole('button', { name: '显示' }).click()
    await page.locator('.p-balance .bh-money').waitFor()
    await page.context().close()
  })
})

describe('a consent', () => {
  test('that is asked for waits on the home page, with two answers of one size', async () => {
    const later = Date.now() + 9 * DAY_MS
    await clinic.must(doctor, 'POST', '/site/v1/consent-requests', requestOf(later, 90))
    await clinic.must(doctor, 'POST', '/site/v1/consent-requests', requestOf(later, 30))
    const page = await phone({ path: '/m' })
    await page.getByText('想请您同意一件事').first().waitFor()
    await page.getByRole('link', { name: '看看是什么' }).first().click()
    await page.getByText('研究肺气肿的早期表现').waitFor()
    const sizes = await Promise.all(
      ['同意', '不同意'].map((name) => page.getByRole('button', { name, exact: true }).boundingBox()),
    )
    expect(sizes[0]?.width).toBe(sizes[1]?.width)
    expect(sizes[0]?.height).toBe(sizes[1]?.height)
    expect(sizes[0]?.height).toBeGreaterThanOrEqual(56)
    const colours = await page
      .locator('.m-pair .m-button')
      .evaluateAll((found) => found.map((one) => getComputedStyle(one).backgroundColor))
    expect(new Set(colours).size).toBe(1)
    await page.getByRole('button', { name: '同意', exact: true }).click()
    await page.getByText('您的答复已记下').waitFor()
    const english = await phone({ locale: 'en', path: '/m/consents' })
    await english.getByRole('link', { name: /waits for you/ }).click()
    await english.getByRole('button', { name: 'Do not agree' }).click()
    await english.getByText('Your answer is recorded').waitFor()
    const { consents, requests } = await clinic.must(doctor, 'GET', `/site/v1/consents?personId=${own.personId}`)
    const states = (requests as unknown as { state: string }[]).map(({ state }) => state).sort()
    expect(states).toEqual(['agreed', 'declined'])
    expect((consents as unknown as { purpose: string }[]).filter(({ purpose }) => purpose === 'research')).toHaveLength(
      1,
    )
    for (const each of [page, english]) await each.context().close()
  })

  test('is withdrawn with its effect told first, ends the next order, and can be given again', async () => {
    const order = { workload: 'imaging.ct.lung-density', urgency: 'routine', maxPrice: '50.00' }
    const place = () =>
      clinic.ask(doctor, 'POST', '/site/v1/orders', { ...order, studyId: own.studyId, seriesId: own.seriesId })
    const page = await phone({ path: `/m/consents/${own.consentId}` })
    await page.getByText('分析 1 次，有报告 1 份').waitFor()
    await page.getByRole('button', { name: '撤回这份同意' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('以后不再凭这份同意使用您的资料').waitFor()
    await page.getByText('已有的 1 份报告留在您的病历里，不会删除。').waitFor()
    // Reading goes on at the effect; the next press of Tab is the safe answer.
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').innerText()).toBe('不撤回')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('已撤回').waitFor()
    const refused = await place()
    expect([refused.status, refused.body.code, (refused.body.facts as unknown as { reason?: string }).reason]).toEqual([
      403,
      'orders.not-allowed',
      'consent.revoked',
    ])
    await page.getByRole('button', { name: '重新同意' }).click()
    await page.getByRole('button', { name: '撤回这份同意' }).waitFor()
    expect((await place()).status).toBe(201)
    await page.context().close()
  })
})

describe('the records', () => {
  test('show the analysis, where it went, and who looked and why', async () => {
    expect((await clinic.ask(doctor, 'GET', `/site/v1/reports/${own.reportId}`)).status).toBe(200)
    const page = await phone({ path: '/m/records' })
    const list = page.locator('.p-list')
    await list.getByText('分析：CT 肺密度').first().waitFor()
    // The newest page may be full of what these tests did.
    while (await page.getByRole('button', { name: '再看以前的' }).isVisible()) {
      await page.getByRole('button', { name: '再看以前的' }).click()
      await page.waitForLoadState('networkidle')
    }
    const said = (await list.innerText()).replaceAll(/\s+/g, ' ')
    for (const line of [
      '样例医生 周岚（影像科医生）看了您的报告',
      '样例医生 周岚（影像科医生）看了您的姓名和编号 理由：患者到窗口核对身份',
      '去掉姓名后送到：',
      '报告：CT 肺密度',
      '不能用来诊断',
      '撤回同意：您的全部影像检查，给您看病 您本人',
      '同意：您的胸部影像，做医学研究 您本人',
      '没有同意：您的胸部影像，做医学研究 您本人',
      '胸部 CT',
    ]) {
      expect(said).toContain(line)
    }
    const times = await list.locator('time').evaluateAll((found) => found.map((one) => one.getAttribute('datetime')))
    expect(times).toEqual([...times].sort().reverse())
    const picture = page.getByRole('img', { name: '胸部 CT的小图' })
    await picture.scrollIntoViewIfNeeded()
    await page.waitForFunction(() => (document.querySelector('.p-picture') as HTMLImageElement)?.naturalWidth > 0)
    await list.getByRole('link', { name: '看报告' }).last().click()
    await page.getByText('肺的平均密度').waitFor()
    expect(await page.locator('main').innerText()).toContain('不得用于诊断')
    await page.context().close()
  })

  test('of another person are nowhere to be had, whatever id is asked for', async () => {
    const { studies } = await clinic.must(doctor, 'GET', '/site/v1/studies')
    const other = (studies as unknown as { personId: string }[]).find(({ personId }) => personId !== own.personId)
    const stranger = await otherPatient('person', other?.personId)
    const { requests } = await clinic.must(doctor, 'GET', `/site/v1/consents?personId=${own.personId}`)
    const { requestId } = (requests as unknown as { requestId: string }[])[0] as { requestId: string }
    const calls: [string, string, unknown?][] = [
      ['GET', `/me/reports/${own.reportId}`],
      ['GET', `/me/studies/${own.studyId}/thumbnail`],
      ['GET', `/me/consents/${own.consentId}/effect`],
      ['POST', `/me/consents/${own.consentId}/withdraw`, {}],
      ['POST', `/me/consents/${own.consentId}/give-again`, {}],
      ['POST', `/me/consent-requests/${requestId}/answer`, { answer: 'agree' }],
    ]
    for (const [method, path, body] of calls) {
      expect([path, (await clinic.ask(stranger, method, `/site/v1${path}`, body)).status]).toEqual([path, 404])
    }
    // What is for staff stays shut for patients, their own id included.
    const staffOnly: [string, string, unknown?][] = [
      ['GET', `/consents?personId=${own.personId}`],
      ['DELETE', `/consents/${own.consentId}`, { reason: 'not mine' }],
      ['GET', '/studies'],
      ['GET', '/reports'],
      ['GET', '/orders'],
      ['GET', '/consent-people'],
      ['GET', `/people/${own.personId}/link`],
      ['POST', `/people/${own.personId}/reveal`, { reason: 'curious' }],
      ['POST', `/people/${other?.personId}/invitation`],
    ]
    for (const [method, path, body] of staffOnly) {
      expect([path, (await clinic.ask(stranger, method, `/site/v1${path}`, body)).status]).toEqual([path, 403])
    }
    const shown = JSON.stringify([
      (await clinic.must(stranger, 'GET', '/site/v1/me/timeline?limit=100')).items,
      await clinic.must(stranger, 'GET', '/site/v1/me/consents'),
    ])
    for (const id of [own.studyId, own.seriesId, own.reportId, own.consentId, requestId, own.personId]) {
      expect(shown).not.toContain(id)
    }
    // No parameter chooses the person either.
    const asked = await clinic.ask(stranger, 'GET', `/site/v1/me/timeline?personId=${own.personId}`)
    expect(asked.status).toBe(422)
    await stranger.close()
  })
})

describe('the phone', () => {
  test('can be signed in to with a passkey that was added on the phone', async () => {
    const page = await phone({ path: '/m/me' })
    const session = await page.context().newCDPSession(page)
    await session.send('WebAuthn.enable')
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    })
    await page.getByRole('button', { name: '添加这台设备' }).click()
    await page.getByText('已添加').waitFor()
    await page.getByRole('button', { name: '退出登录' }).click()
    await page.getByRole('button', { name: '用指纹或面容登录' }).click()
    await page.getByRole('heading', { level: 1, name: '我的' }).waitFor()
    await page.goto('/m')
    await page.getByRole('heading', { level: 1, name: /您好/ }).waitFor()
    await page.context().close()
  })
})
