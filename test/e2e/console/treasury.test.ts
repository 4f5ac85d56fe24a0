import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csvStatement } from '../../../apps/hub/src/treasury/test-statements.ts'
import { expectNoAxeViolations, type OpenConsole, openConsole, refusedByPolicy } from './open-console.ts'

let house: OpenConsole
beforeAll(async () => {
  house = await openConsole()
}, 60_000)
afterAll(() => house?.close())

const OPERATOR = 'operator@sample.invalid'
const SECOND = 'operator2@sample.invalid'
const OFFICE = 'radiologist@sample.invalid'

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()

/** The hospital asks for its reference on its own page, as its office does. */
async function referenceOfHospital(): Promise<string> {
  const page = await house.page({ as: OFFICE, locale: 'en', width: 390, height: 844, path: '/treasury/add-money' })
  await heading(page, 'Add money')
  await page.getByRole('button', { name: 'Get a payment reference' }).click()
  const shown = await page.getByText(/^RF\d\d /).innerText()
  await expectNoAxeViolations(page)
  await page.context().close()
  return shown.replaceAll(' ', '')
}

async function upload(page: Page, text: string): Promise<void> {
  await page.setInputFiles('input[type=file]', {
    name: 'statement.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(text),
  })
}

/** The second person compares the totals and approves. */
async function approveStatement(): Promise<void> {
  const second = await house.page({ as: SECOND, locale: 'en', path: '/treasury/bank' })
  await second.getByRole('button', { name: 'Approve and book' }).click()
  const dialog = second.getByRole('dialog')
  await dialog.getByText('1 matched, 1 unmatched, 0 outgoing').waitFor()
  await expectNoAxeViolations(second)
  await dialog.getByRole('button', { name: 'Approve and book' }).click()
  await second.getByText('booked', { exact: true }).first().waitFor()
  await second.context().close()
}

describe('the treasury on the console', () => {
  test('takes a hospital’s money in by statement, once, and shows it to the hospital', async () => {
    const reference = await referenceOfHospital()
    const page = await house.page({ as: OPERATOR, locale: 'en', path: '/treasury/bank' })
    await heading(page, 'Bank and deposits')
    const entries = [
      { amount: '250.00', reference },
      { amount: '70.00', reference: 'no reference at all' },
    ]
    const text = csvStatement({ account: 'SAMPLE-CNY-001', opening: '0.00', entries })
    await upload(page, text)
    await page.getByText('1 matched, 1 unmatched, 0 outgoing').waitFor()
    await page.getByText('waits for a second person').first().waitFor()
    expect(await page.getByRole('button', { name: 'Approve and book' }).isDisabled()).toBe(true)
    await page.getByText('Another person than the uploader, who may do so, approves it').waitFor()
    expect(await page.getByText('no reference at all').count()).toBe(0)
    await expectNoAxeViolations(page)
    await approveStatement()
    await page.getByText('no reference at all').waitFor()
    await upload(page, text)
    await page.getByText('taken before, nothing changed').waitFor()
    await upload(page, text.replace('250.00', '999.00'))
    await page.getByText('The totals of the statement do not agree').waitFor()
    await expectNoAxeViolations(page)
    const office = await house.page({ as: OFFICE, locale: 'en', path: '/treasury/add-money' })
    await office.getByText('by reference').waitFor()
    expect(await office.getByText('250').count()).toBeGreaterThan(0)
    await page.context().close()
    await office.context().close()
  }, 60_000)

  test('shows the rate as a sample’s, the supply that adds up, and lets nobody decide alone', async () => {
    const rates = await house.page({ as: OPERATOR, locale: 'zh', path: '/treasury/rates' })
    await heading(rates, '汇率与兑换')
    await rates.getByText('样例汇率，不是市场价格').first().waitFor()
    await expectNoAxeViolations(rates)
    const supply = await house.page({ as: OPERATOR, locale: 'en', scheme: 'dark', path: '/treasury/supply' })
    await heading(supply, 'BTT supply')
    await supply.getByText('Grants of institutional supporters').first().waitFor()
    expect(await supply.getByText('differs, payouts are stopped').count()).toBe(0)
    await expectNoAxeViolations(supply)
    await supply.goto('/treasury/bank')
    for (const [label, value] of [
      ...[['Account', 'TEST-CNY-002'] as const, ['Holder', 'Sample operator'] as const],
      ...[['Bank', 'Another sample bank'] as const, ['Reason', 'for a test'] as const],
    ]) {
      await supply.getByRole('textbox', { name: label, exact: true }).fill(value)
    }
    await supply.getByRole('button', { name: 'Propose', exact: true }).click()
    await supply.getByText('Proposed. Another person must approve it.').waitFor()
    await supply.goto('/treasury/proposals')
    await supply.getByText('You proposed it, so another person decides.').waitFor()
    const second = await house.page({ as: SECOND, locale: 'en', path: '/treasury/proposals' })
    await second.getByRole('button', { name: 'Approve' }).click()
    await second.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
    // The statement of the test before is done too: that the dialog has gone says that this one is.
    await second.getByRole('dialog').waitFor({ state: 'hidden' })
    await second.getByText('done', { exact: true }).nth(1).waitFor()
    await expectNoAxeViolations(second)
    expect(refusedByPolicy()).toEqual([])
    for (const page of [rates, supply, second]) await page.context().close()
  }, 60_000)

  test('converts at a quote for the hospital’s office, and leads from the transfer to the act', async () => {
    const office = await house.page({ as: OFFICE, locale: 'en', path: '/treasury/rates' })
    await heading(office, 'Rates and conversion')
    await office.getByRole('textbox', { name: 'Amount, fee included' }).fill('100')
    await office.getByRole('button', { name: 'Ask for a quote' }).click()
    await office.getByRole('button', { name: /^Convert 100/ }).click()
    await office.getByText('converted', { exact: true }).first().waitFor()
    const desk = await house.page({ as: OPERATOR, locale: 'en', path: '/treasury/ledger?code=conversion' })
    await heading(desk, 'Ledger desk')
    await desk.getByRole('button', { name: 'Show why' }).first().click()
    await desk.getByText('booked').first().waitFor()
    await expectNoAxeViolations(desk)
    await office.context().close()
    await desk.context().close()
  }, 60_000)
})
