import { JobState } from '@bithive/api/compute'
import { describe, expect, test } from 'vitest'
import { type HubStatus, renderStatusPage } from './render-status-page.ts'
import { statusTexts } from './texts.ts'

const WELL: HubStatus = {
  ...{ version: '0.1.0', profile: 'cn', sample: false, database: true, ledgerBalanced: true, jobs: {} },
  ...{ nodesOnline: 2, nodesKnown: 3, dicomPort: 11112, at: Date.UTC(2026, 0, 2, 3, 4, 5) },
}
const page = (more: Partial<HubStatus> = {}, locale: 'zh' | 'en' = 'en') =>
  renderStatusPage({ ...WELL, ...more }, locale)
const wordsOf = (html: string) => html.replace(/<style>.*?<\/style>/s, '').replace(/<[^>]+>/g, ' ')

describe('the status page', () => {
  test('says in both languages what runs, and that nothing is for diagnosis', () => {
    const zh = wordsOf(page({}, 'zh'))
    for (const words of ['数据库', '✓ 正常', '✓ 借贷相等', '在线 2 / 共 3', '11112', '不可用于诊断'])
      expect(zh).toContain(words)
    const en = wordsOf(page())
    for (const words of [
      'Database',
      '✓ works',
      '✓ debits equal credits',
      '2 online of 3',
      'not approved for diagnosis',
    ]) {
      expect(en).toContain(words)
    }
    expect(en).toContain('2026-01-02T03:04:05.000Z')
  })

  test('leads to the other language and names it in that language', () => {
    expect(page({}, 'zh')).toContain('<a href="/?lang=en" lang="en">English</a>')
    expect(page({}, 'en')).toContain('<a href="/?lang=zh" lang="zh">中文</a>')
  })

  test('marks what is not well by a sign and a word, not by colour alone', () => {
    const html = page({ database: false, ledgerBalanced: false })
    expect(html).toContain('<dd class="bad">✕ not reachable</dd>')
    expect(html).toContain('<dd class="bad">✕ they differ; payouts are stopped</dd>')
  })

  test('marks a sample as invented, and nothing else so', () => {
    expect(page({ sample: true }, 'zh')).toContain('样例：机构、人员与款项均为虚构')
    expect(page({ sample: false }, 'zh')).not.toContain('虚构')
  })

  test('counts jobs by state, and invites the first when there are none', () => {
    const html = wordsOf(page({ jobs: { settled: 4, failed: 0, running: 1 } }))
    expect(html).toMatch(/Jobs · settled\s+4/)
    expect(html).toMatch(/Jobs · running\s+1/)
    expect(html).not.toContain('failed')
    expect(wordsOf(page({ jobs: { settled: 0 } }))).toContain('No jobs yet.')
  })

  test.each(JobState.options)('has words for jobs that are «%s», in both languages', (state) => {
    expect(statusTexts.zh.jobStates[state]).toMatch(/\p{Script=Han}/u)
    expect(statusTexts.en.jobStates[state]).toMatch(/^[a-z, ]+$/)
  })

  test('leaves the DICOM port out while the site has none', () => {
    expect(page({ dicomPort: undefined })).not.toContain('DICOM')
  })

  test('escapes whatever comes from outside', () => {
    const evil = `<img src=x onerror="alert('1')">&`
    const html = page({ version: evil, profile: evil, jobs: { [evil]: 1 } })
    expect(html).not.toContain('<img')
    expect(html).not.toContain('onerror="')
    expect(html.match(/&#60;img src=x onerror=&#34;alert\(&#39;1&#39;\)&#34;&#62;&#38;/g)).toHaveLength(3)
  })

  test('needs no script, no other host, and keeps a phone’s width', () => {
    const html = page()
    expect(html).not.toMatch(/<script|https?:\/\/|@import|url\(/)
    expect(html).toContain('<meta name="viewport" content="width=device-width,initial-scale=1">')
  })
})
