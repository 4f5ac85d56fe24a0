import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { sendInstances } from '@bithive/site/dicom-sender'
import { sampleFiles } from '@bithive/site/sample-scanner'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { editElements } from '../../../apps/site/src/imaging/edit-elements.ts'
import {
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  type OpenConsole,
  openConsole,
  refusedByPolicy,
} from './open-console.ts'

const DOCTOR = 'radiologist@sample.invalid'
let house: OpenConsole
let studies: Record<'CT' | 'MR' | 'bad', string>

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The CT slice of another invented person, in a syntax that no decoder here reads: JPEG with twelve bits. */
async function undecodable(): Promise<Uint8Array> {
  const [ct] = await sampleFiles('undecodable')
  return editElements(ct?.files[0] as Uint8Array, [
    { path: [0x00020010], action: 'set', vr: 'UI', value: '1.2.840.10008.1.2.4.51' },
    { path: [0x00100010], action: 'set', vr: 'PN', value: 'حسن^🫁^Averylongfamilynamethatgoesonandon' },
    { path: [0x00081030], action: 'set', vr: 'LO', value: 'Undecodable (sample)' },
  ])
}

type Row = { studyId: string; description: string; modalities: string[]; state: string; reports: unknown[] }

async function worklist(page: Page): Promise<Row[]> {
  const answer = await page.context().request.get('/site/v1/worklist')
  return ((await answer.json()) as { rows: Row[] }).rows
}

beforeAll(async () => {
  const port = await freePort()
  house = await openConsole({ BITHIVE_DICOM_PORT: String(port) })
  const target = { host: '127.0.0.1', port, callingAe: 'STORESCU', calledAe: 'BITHIVE' }
  const file = await undecodable()
  await vi.waitFor(async () => expect(await sendInstances(target, [file])).toMatchObject([{ state: 'sent' }]), 15_000)
  const page = await house.page({ as: DOCTOR })
  const rows = await vi.waitFor(async () => {
    const found = await worklist(page)
    const computed = found.filter((row) => row.reports.length > 0)
    expect([found.length, computed.length, found.every((row) => row.state === 'complete')]).toEqual([3, 2, true])
    return found
  }, 40_000)
  const find = (fits: (row: Row) => boolean) => rows.find(fits)?.studyId as string
  studies = {
    CT: find((row) => row.modalities.includes('CT') && row.reports.length > 0),
    MR: find((row) => row.modalities.includes('MR')),
    bad: find((row) => row.description.startsWith('Undecodable')),
  }
  await page.context().close()
}, 90_000)
afterAll(() => house?.close())

/** What a canvas shows: how many different greys, how many pixels that are not empty, and a sum to tell two apart. */
async function look(page: Page, selector: string) {
  return page.evaluate((wanted) => {
    const from = document.querySelector<HTMLCanvasElement>(wanted)
    if (!from) throw new Error(`no ${wanted}`)
    const copy = document.createElement('canvas')
    copy.width = from.width
    copy.height = from.height
    const context = copy.getContext('2d') as CanvasRenderingContext2D
    context.drawImage(from, 0, 0)
    const { data } = context.getImageData(0, 0, copy.width, copy.height)
    const greys = new Set<number>()
    let [filled, hash] = [0, 7]
    for (let i = 0; i < data.length; i += 4) {
      const [r = 0, g = 0, b = 0, a = 0] = [data[i], data[i + 1], data[i + 2], data[i + 3]]
      if (a > 0) filled += 1
      if (r === g && g === b) greys.add(r)
      hash = (Math.imul(hash, 31) + r * 7 + g * 3 + b + a) | 0
    }
    return { greys: greys.size, filled, hash }
  }, selector)
}
const IMAGE = '.rad-canvas canvas'
const MARKS = '.rad-marks'

async function openStudy(page: Page, studyId: string): Promise<void> {
  await page.goto(`/radiology/${studyId}`)
  await page.waitForSelector('.rad-image[data-shown]')
  await vi.waitFor(async () => expect((await look(page, IMAGE)).greys).toBeGreaterThan(50), 10_000)
}

/** Waits until the picture is another one than before. */
async function changed(page: Page, selector: string, before: { hash: number }) {
  return vi.waitFor(async () => {
    const now = await look(page, selector)
    expect(now.hash).not.toBe(before.hash)
    return now
  }, 8_000)
}

const focusBy = async (page: Page, key: string, selector: string) => {
  for (let presses = 0; presses < 40; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return
    await page.keyboard.press(key)
  }
  throw new Error(`the keyboard does not reach ${selector}`)
}

describe('reading a study by keyboard, in Chinese', () => {
  test('from the list to a rejection with its reason', async () => {
    const page = await house.page({ as: DOCTOR, path: '/radiology?modality=MR', height: 1000 })
    await page.waitForSelector('.rad-table tbody tr')
    expect(await page.locator('.rad-table tbody tr').count()).toBe(1)
    await expectNoAxeViolations(page)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/radiology/${studies.MR}`)
    await page.waitForSelector('.rad-image[data-shown]')
    const first = await vi.waitFor(async () => {
      const seen = await look(page, IMAGE)
      expect(seen.greys).toBeGreaterThan(50)
      return seen
    }, 15_000)
    expect(await page.textContent('.rad-not-for-diagnosis')).toContain('未批准用于诊断')
    await page.waitForFunction(() => document.body.textContent?.includes('20 幅 · 已载入'))

    // Scrolling shows another picture; a preset shows the same one in other greys.
    await page.keyboard.press('ArrowDown')
    await page.getByText('图 11 / 20').waitFor()
    const second = await changed(page, IMAGE, first)
    await page.keyboard.press('2')
    const contrasted = await changed(page, IMAGE, second)
    expect(contrasted.greys).toBeGreaterThan(50)
    await page.mouse.move(700, 500)
    await page.mouse.wheel(0, 100)
    await page.getByText('图 12 / 20').waitFor()

    // The marks go and come back, and lie where the finding is.
    const marked = await look(page, MARKS)
    await page.keyboard.press('a')
    const without = await changed(page, MARKS, marked)
    expect(without.filled).toBeLessThan(marked.filled / 4)
    await page.keyboard.press('a')
    await vi.waitFor(async () => expect((await look(page, MARKS)).filled).toBe(marked.filled))

    await page.keyboard.press('End')
    await page.getByText('图 20 / 20').waitFor()
    await page.keyboard.press('j')
    await page.getByText('图 13 / 20').waitFor()

    // Twenty columns between two points set by key, in the spacing of the image: 0.859375 mm.
    await page.keyboard.press('m')
    await page.getByText('十字位于第 129 列、第 129 行').waitFor()
    await page.keyboard.press('Enter')
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight')
    await page.getByText('十字位于第 149 列、第 129 行').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('距离 1：17.2 mm（图 13）').waitFor()
    await page.keyboard.press('Escape')

    await page.keyboard.press('n')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('排除这份结果').waitFor()
    expect(await dialog.getByRole('button', { name: '排除结果' }).isDisabled()).toBe(true)
    await expectNoAxeViolations(page)
    await focusBy(page, 'Tab', 'input[type=radio]')
    await page.keyboard.press('Space')
    await focusBy(page, 'Tab', 'textarea')
    await page.keyboard.type('眼眶也被算进去了')
    await focusBy(page, 'Tab', '.ant-btn-dangerous')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    const history = page.locator('.rad-history')
    await history.getByText('区域画错了').waitFor()
    expect(await history.textContent()).toContain('已排除')
    expect(await history.textContent()).toContain('眼眶也被算进去了')
    expect(await history.textContent()).toContain('UNVERIFIED')
    expect(await history.textContent()).toContain('已结算的计算费用不受影响')
    await expectNoAxeViolations(page)

    await page.getByRole('link', { name: '列表' }).click()
    await page.locator('.rad-table tbody tr', { hasText: '样例赵' }).getByText('已排除').waitFor()
    expect(refusedByPolicy()).toEqual([])
    await page.context().close()
  }, 60_000)
})

describe('reading a study by hand, in English', () => {
  test('windows, zoom, opacity and a measurement change what is seen; the result is accepted', async () => {
    const page = await house.page({ as: DOCTOR, locale: 'en' })
    await openStudy(page, studies.CT)
    const lung = await look(page, IMAGE)
    await page.getByRole('button', { name: /^Mediastinum/ }).click()
    const soft = await changed(page, IMAGE, lung)
    await page.getByRole('button', { name: /^Bone/ }).click()
    const bone = await changed(page, IMAGE, soft)
    for (const seen of [lung, soft, bone]) expect(seen.greys).toBeGreaterThan(50)

    // A window drawn by hand lets go of the preset.
    await page.mouse.move(600, 450)
    await page.mouse.down()
    await page.mouse.move(680, 420, { steps: 4 })
    await page.mouse.up()
    await changed(page, IMAGE, bone)
    expect(await page.getByRole('button', { name: /^Bone/ }).getAttribute('aria-pressed')).toBe('false')

    const opaque = await look(page, MARKS)
    await page.getByRole('slider').focus()
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowLeft')
    await changed(page, MARKS, opaque)
    await page.getByText('40%', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Zoom', exact: true }).click()
    const before = await look(page, IMAGE)
    await page.keyboard.press('+')
    await changed(page, IMAGE, before)
    await page.keyboard.press('0')

    await page.getByRole('button', { name: 'Measure' }).click()
    await page.mouse.click(500, 450)
    await page.mouse.click(600, 450)
    await page.getByText(/Distance 1: \d+\.\d mm \(image 1\)/).waitFor()

    await page
      .getByRole('button', { name: /Right lung/ })
      .first()
      .click()
    expect(await page.locator('.rad-findings > li[data-chosen]').textContent()).toMatch(/Right lung.*122 cm²/)
    await page.locator('.rad-measurements summary').click()
    await page.getByRole('table', { name: 'Measurements' }).getByText('−859 HU').waitFor()

    await page.getByRole('button', { name: /^Accept the result/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Accept the result' }).click()
    await page.locator('.rad-history').getByText('Accepted').first().waitFor()
    await expectNoAxeViolations(page)
    expect(refusedByPolicy()).toEqual([])
    await page.context().close()
  }, 60_000)

  test('every shortcut is listed, and single keys can be switched off', async () => {
    const page = await house.page({ as: DOCTOR, locale: 'en' })
    await openStudy(page, studies.MR)
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Previous and next finding').waitFor()
    await expectNoAxeViolations(page)
    await dialog.getByRole('switch').click()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByText('Shortcuts are off').waitFor()
    const before = await look(page, IMAGE)
    await page.keyboard.press('2')
    await page.keyboard.press('n')
    expect(await page.getByRole('dialog').count()).toBe(0)
    // Keys that are no letters still work, and show that the page was listening all the while.
    await page.keyboard.press('Home')
    await page.getByText('Image 1 / 20').waitFor()
    await changed(page, IMAGE, before)
    expect(await page.getByRole('button', { name: /^High contrast/ }).getAttribute('aria-pressed')).toBe('false')
    await page.context().close()
  }, 40_000)
})

describe('what goes wrong', () => {
  test('an image that cannot be decoded says what and why, and can be downloaded as it came', async () => {
    const page = await house.page({ as: DOCTOR, locale: 'en', path: `/radiology/${studies.bad}` })
    await page.getByText('This image cannot be shown here').waitFor()
    await page.getByText('1.2.840.10008.1.2.4.51').first().waitFor()
    await page.locator('.rad-series').getByText('Cannot be shown').waitFor()
    await page.getByText('This study has no AI result yet.').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the original DICOM file' }).click(),
    ])
    const saved = await readFile(await download.path())
    const sent = Buffer.from(await undecodable())
    // What was received is the data set; the file meta group is the receiver's own.
    expect(saved.subarray(-100_000).equals(sent.subarray(-100_000))).toBe(true)
    await expectNoAxeViolations(page)
    await page.context().close()
  }, 40_000)

  test('a session that ends while a reason is typed costs not a word', async () => {
    const page = await house.page({ as: DOCTOR, locale: 'en' })
    await openStudy(page, studies.CT)
    await page.getByRole('button', { name: /^Reject the result/ }).click()
    const dialog = page.getByRole('dialog', { name: 'Reject this result' })
    await dialog.getByText('Other', { exact: true }).click()
    await dialog.getByRole('textbox').fill('Typed before the session ended')
    await page.context().clearCookies()
    await dialog.getByRole('button', { name: 'Reject the result' }).click()
    await page.locator('input[type=password]').fill(house.password)
    await page.keyboard.press('Enter')
    await page.locator('.rad-history').getByText('Typed before the session ended').waitFor()
    await page.context().close()
  }, 40_000)

  test('a thousand studies, with names of every kind, can be walked and filtered', async () => {
    const page = await house.page({ as: DOCTOR, locale: 'en' })
    const answer = await page.context().request.get('/site/v1/worklist?limit=1')
    const [one] = ((await answer.json()) as { rows: { studyId: string; patient: object }[] }).rows
    const names = ['王^小明', 'حسن^علي', 'Zoë^🫁', `${'Very'.repeat(60)}^Long`]
    const rows = Array.from({ length: 1_000 }, (_, i) => {
      const name = `${names[i % 4]} ${i}`
      return { ...one, studyId: `stu_${String(i).padStart(26, '0')}`, patient: { ...one?.patient, name } }
    })
    await page.route('**/site/v1/worklist?*', (route) => {
      const before = new URL(route.request().url()).searchParams.get('before')
      const from = before === null ? 0 : rows.findIndex((row) => row.studyId === before) + 1
      const next = from + 200 < 1_000 ? rows[from + 199]?.studyId : null
      return route.fulfill({ json: { rows: rows.slice(from, from + 200), next } })
    })
    await page.goto('/radiology')
    await page.getByText('1000 studies').waitFor()
    expect(await page.locator('.rad-table tbody tr').count()).toBe(1_000)
    for (let i = 0; i < 30; i++) await page.keyboard.press('j')
    await vi.waitFor(async () => expect(await page.locator('tr[data-chosen]').textContent()).toContain(' 29'))
    await page.getByRole('textbox', { name: 'Filter by patient, number or study' }).fill('حسن 777')
    await page.getByText('1 of 1000 studies').waitFor()
    expect(page.url()).toContain('q=')
    await page.context().close()
  }, 40_000)
})

describe('a phone', () => {
  test('says that the viewer needs more room; result, key image, accept and reject are there', async () => {
    const page = await house.page({ as: DOCTOR, locale: 'zh', width: 390, height: 844 })
    await page.goto('/radiology')
    await page.getByRole('button', { name: /打开/ }).first().waitFor()
    await expectNoSidewaysScroll(page)
    await expectNoAxeViolations(page)
    await page.goto(`/radiology/${studies.CT}`)
    await page.getByText('看片需要更大的屏幕').waitFor()
    await page.waitForSelector('.rad-key-image img')
    await page.getByText('122 cm²').waitFor()
    await expectNoSidewaysScroll(page)
    await expectNoAxeViolations(page)
    await page.getByRole('button', { name: '排除结果' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('数值不合理').click()
    await dialog.getByRole('button', { name: '排除结果' }).click()
    await page.locator('.rad-history').getByText('数值不合理').waitFor()
    await page.getByRole('button', { name: '接受结果' }).click()
    await page.getByRole('dialog').getByRole('button', { name: '接受结果' }).click()
    await vi.waitFor(async () => expect(await page.locator('.rad-history h2').textContent()).toContain('已接受'), 8_000)
    // What was said before stays to be read.
    expect(await page.locator('.rad-history').textContent()).toContain('数值不合理')
    await page.context().close()
  }, 40_000)
})

test('this machine has the browser that these tests need', () => {
  expect(spawnSync('/usr/bin/chromium', ['--version']).status).toBe(0)
})
