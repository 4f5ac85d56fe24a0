import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Settings } from '@bithive/kernel/config'
import { describe, expect, test } from 'vitest'
import {
  anchorOf,
  brokenLinks,
  glossaryFaults,
  missingTests,
  namedTests,
  nounsNotNamed,
  pairDifferences,
  roomsWithoutPage,
  settingDifferences,
  threatRows,
} from './docs.ts'
import { REPOSITORY, readSourceFiles, type SourceFile } from './source-files.ts'

const documents = readSourceFiles((path) => path.endsWith('.md'))
const document = (path: string): SourceFile => {
  const found = documents.find((one) => one.path === path)
  if (!found) throw new Error(`${path} is missing`)
  return found
}
const exists = (path: string) => !path.startsWith('..') && existsSync(join(REPOSITORY, path))
const read = (path: string) =>
  exists(path) && statSync(join(REPOSITORY, path)).isFile() ? readFileSync(join(REPOSITORY, path), 'utf8') : undefined
const planted = (text: string): SourceFile => ({ path: 'docs/planted.md', text })

describe('a test that a document names', () => {
  test.each(['docs/threat-model.md', 'ARCHITECTURE.md'])('exists, with its title, for every one of %s', (path) => {
    const named = namedTests(document(path))
    expect(named.length).toBeGreaterThan(10)
    expect(missingTests(named, read)).toEqual([])
  })

  test('stands in every row of a threat', () => {
    const { text } = document('docs/threat-model.md')
    const threats = threatRows(text)
    expect(threats.length).toBeGreaterThan(40)
    expect(threats.filter((row) => namedTests({ path: '', text: row }).length === 0)).toEqual([])
    expect(threatRows('# T\n\n| threat | what |\n|---|---|\n| a row | nothing |\n\n| asset |\n|---|\n| b |')).toEqual([
      '| a row | nothing |',
    ])
  })

  test('is missed when its file is gone, its title changed, or only part of a longer one', () => {
    const file = `test('holds its word', () => {})\ntest("doesn't break", () => {})`
    const find = (text: string) =>
      missingTests(namedTests(planted(text)), (path) => (path === 'a/b.test.ts' ? file : undefined))
    expect(find("`a/b.test.ts` «holds its word», `a/b.test.ts` «doesn't break»")).toEqual([])
    expect(find('`a/c.test.ts` «holds its word»')).toHaveLength(1)
    expect(find('`a/b.test.ts` «holds its words»')).toHaveLength(1)
    expect(find('`a/b.test.ts` «holds its»')).toHaveLength(1)
    expect(find('`a/b.test.ts` «holds its word», «breaks»')).toHaveLength(1)
    expect(namedTests(planted('`a/b.test.ts` ««%s» never leaves»'))[0]?.title).toBe('«%s» never leaves')
  })
})

describe('the two languages of the README', () => {
  test('have the same headings, tables and commands', () => {
    expect(pairDifferences(document('README.md'), document('README.zh-CN.md'))).toEqual([])
  })

  test.each([
    ['a heading left out', '# A\n\n## B\n', '# 甲\n', 'headings'],
    ['a command left out', '# A\n```\nnpm ci && npm start\n```\n', '# 甲\n', 'does not name: npm ci && npm start'],
    ['a command that differs', '# A\n`npm test`\n', '# 甲\n`npm run test`\n', 'does not name: npm test'],
    ['a row left out', '# A\n| a | b |\n', '# 甲\n', 'tables'],
  ])('differ with %s', (_what, english, chinese, fault) => {
    const other = { path: 'docs/planted.zh-CN.md', text: chinese }
    expect(pairDifferences(planted(english), other).join()).toContain(fault)
  })
})

describe('the command', () => {
  const source = read('apps/bithive/src/nouns.ts') ?? ''
  const nouns = (/= \{([^}]*)\}/.exec(source)?.[1] ?? '').split(',').flatMap((word) => word.trim() || [])

  test.each(['README.md', 'README.zh-CN.md', 'docs/rooms/bithive.md', 'docs/rooms/bithive.zh-CN.md'])(
    'has each of its nouns named in %s',
    (path) => {
      expect(nouns).toContain('up')
      expect(nouns.length).toBeGreaterThan(8)
      expect(nounsNotNamed(nouns, document(path).text)).toEqual([])
    },
  )

  test('with a planted noun is caught', () => {
    expect(nounsNotNamed(['job', 'jobs'], '`job list` and npm run bithive -- jobs-old')).toEqual(['jobs'])
  })
})

describe('relative links', () => {
  test('all lead somewhere, also to headings', () => {
    expect(documents.length).toBeGreaterThan(20)
    expect(documents.flatMap((one) => brokenLinks(one, { exists, read }))).toEqual([])
  })

  test.each([
    ['[a file](gone.md)', 'leads nowhere'],
    ['[a file outside](../../etc/passwd)', 'leads nowhere'],
    ['[a heading](keys.md#no-such-heading)', 'names no heading'],
    ['# One\n\n[here](#two)', 'names no heading'],
  ])('planted %j is caught', (text, fault) => {
    expect(brokenLinks(planted(text), { exists, read }).join()).toContain(fault)
  })

  test('to the network, in code, and to a heading that is there are left alone', () => {
    const text =
      '# Two words: here\n[a](https://example.org) `[b](gone.md)` [c](#two-words-here)\n```\n[d](gone.md)\n```\n'
    expect(brokenLinks(planted(text), { exists, read })).toEqual([])
    expect(anchorOf('发送您自己的检查')).toBe('发送您自己的检查')
  })
})

describe('the page of settings', () => {
  test('names every setting that the program reads, and no other', () => {
    const settings = Object.keys(Settings.shape)
    expect(settings).toContain('BITHIVE_DATA_DIR')
    expect(settingDifferences(settings, document('docs/configuration.md').text)).toEqual([])
  })

  test('is caught without one, and with one too many', () => {
    const faults = settingDifferences(['BITHIVE_ONE', 'BITHIVE_TWO'], '| `BITHIVE_TWO` |\n| `BITHIVE_OLD` |')
    expect(faults).toEqual(['BITHIVE_ONE is not in docs/configuration.md', 'BITHIVE_OLD is no setting any more'])
  })
})

describe('rooms', () => {
  /** Rooms whose page has another name. */
  const SHARED = { 'apps/site/src/access': 'identity' }
  const rooms = [
    ...new Set(
      readSourceFiles((path) => /^apps\/(hub|site)\/src\/[^/]+\/index\.ts$/.test(path)).map(({ path }) =>
        path.replace(/\/index\.ts$/, ''),
      ),
    ),
  ]
  const pages = documents.flatMap(({ path }) => /^docs\/rooms\/([^/.]+)\.md$/.exec(path)?.[1] ?? [])

  test('each have a page, or are on the list of those not built', () => {
    expect(rooms.length).toBeGreaterThan(15)
    expect(roomsWithoutPage(rooms, pages, document('docs/rooms/not-built.md').text, SHARED)).toEqual([])
  })

  test('on the list of those not built have nothing but an empty face', () => {
    const listed = [...document('docs/rooms/not-built.md').text.matchAll(/`(apps\/(?:hub|site)\/src\/[a-z-]+)`/g)]
    expect(listed.length).toBeGreaterThan(5)
    for (const [, room] of listed) {
      // The test of the boundaries plants a file in one of them for a moment.
      const inside = (path: string) => path.startsWith(`${room}/`) && !path.includes('/planted-')
      expect(readSourceFiles(inside).map(({ path }) => path)).toEqual([`${room}/index.ts`])
    }
  })

  test('without a page are caught', () => {
    expect(roomsWithoutPage(['apps/hub/src/new', 'apps/site/src/access'], ['identity'], '', SHARED)).toEqual([
      'apps/hub/src/new',
    ])
  })

  test('with a page in Chinese have one in English', () => {
    const chinese = documents.flatMap(({ path }) => /^(.*)\.zh-CN\.md$/.exec(path)?.[1] ?? [])
    expect(chinese.filter((path) => !exists(`${path}.md`))).toEqual([])
  })
})

describe('the glossary', () => {
  test('has both languages in every row', () => {
    expect(glossaryFaults(document('docs/glossary.md').text)).toEqual([])
  })

  test.each([
    ['| hub | | runs the market 运行市场 |'],
    ['| hub | hub-2 | runs the market 运行市场 |'],
    ['| hub | 枢纽 | runs the market |'],
    ['| hub | 枢纽 | 运行市场 |'],
    ['| | 枢纽 | runs the market 运行市场 |'],
  ])('with the planted row %s is caught', (row) => {
    expect(glossaryFaults(`| English | 中文 | meaning |\n|---|---|---|\n${row}`)).toHaveLength(1)
  })
})
