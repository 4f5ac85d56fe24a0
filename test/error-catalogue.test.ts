import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ErrorCatalogue, ErrorText } from '@bithive/kernel/errors'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const HAN = /\p{Script=Han}/u
const PARTS = ['title', 'notDone', 'todo'] as const

function isCatalogue(value: unknown): value is ErrorCatalogue<string> {
  return typeof value === 'object' && value !== null && 'room' in value && 'entries' in value && 'code' in value
}

/** Every file that declares a catalogue, and every catalogue in it. A catalogue that is not exported is not found. */
const files = globSync(['apps/*/src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: root })
  .filter((path) => !/\.(test|fixture)\.ts$|\/fixtures\/|\/testing\//.test(path))
  .map((path) => ({ path, declared: readFileSync(`${root}${path}`, 'utf8').match(/= defineErrors\(/g)?.length ?? 0 }))
  .filter(({ declared }) => declared > 0)

const found = await Promise.all(
  files.map(async ({ path, declared }) => {
    const module = (await import(pathToFileURL(`${root}${path}`).href)) as object
    return { path, declared, catalogues: Object.values(module).filter(isCatalogue) }
  }),
)
const entries = found.flatMap(({ path, catalogues }) =>
  catalogues.flatMap((catalogue) =>
    Object.entries(catalogue.entries).map(([key, entry]) => ({ path, code: catalogue.code(key), entry })),
  ),
)

/** What a person would stumble over in a text. */
function faultsOf(text: ErrorText, locale: 'zh' | 'en'): string[] {
  const faults = PARTS.flatMap((part) => {
    const words = text[part]
    const wrong: string[] = []
    if (words.trim() === '' || words !== words.trim()) wrong.push(`${part} is empty or padded`)
    if (locale === 'zh' && !HAN.test(words)) wrong.push(`${part} is not Chinese`)
    if (locale === 'en' && !/^[\x20-\x7e’–…×≥≤→µ]*$/.test(words)) wrong.push(`${part} is not plain English`)
    if (locale === 'en' && !/^[A-Z0-9]/.test(words)) wrong.push(`${part} does not begin a sentence`)
    const end = locale === 'zh' ? /[。！？]$/ : /[.!?]$/
    if (part === 'title' && end.test(words)) wrong.push('title ends like a sentence')
    if (part !== 'title' && !end.test(words)) wrong.push(`${part} does not end like a sentence`)
    return wrong
  })
  if (locale === 'zh' && PARTS.some((part) => text[part].includes('你'))) faults.push('says 你 where it should say 您')
  return faults
}

describe('the catalogue of errors', () => {
  test('is found whole: every catalogue that is declared is exported', () => {
    expect(found.length).toBeGreaterThan(15)
    const hidden = found.filter(({ declared, catalogues }) => catalogues.length < declared).map(({ path }) => path)
    expect(hidden).toEqual([])
    for (const path of globSync(['apps/*/src/**/errors.ts', 'packages/*/src/**/errors.ts'], { cwd: root })) {
      const declares = path === 'packages/kernel/src/errors.ts' || files.some((file) => file.path === path)
      expect(declares, `${path} declares no catalogue`).toBe(true)
    }
  })

  test('gives each code to one failure only', () => {
    const places = new Map<string, string[]>()
    for (const { code, path } of entries) places.set(code, [...(places.get(code) ?? []), path])
    const shared = [...places].filter(([, paths]) => paths.length > 1)
    expect(shared).toEqual([])
  })

  test('writes each code as room and key, in lower case with hyphens', () => {
    const odd = entries.map(({ code }) => code).filter((code) => !/^[a-z][a-z-]*\.[a-z][a-z0-9-]*$/.test(code))
    expect(odd).toEqual([])
  })

  test.each(['zh', 'en'] as const)('says in %s what happened, what was not done and what to do', (locale) => {
    const faults = entries.flatMap(({ code, path, entry }) =>
      faultsOf(entry[locale], locale).map((fault) => `${code} (${path}): ${fault}`),
    )
    expect(faults).toEqual([])
  })

  test('would notice each kind of fault', () => {
    const zh = { title: '磁盘已满', notDone: '没有保存。', todo: '请腾出空间。' }
    const en = { title: 'The disk is full', notDone: 'It was not saved.', todo: 'Free some space.' }
    expect([...faultsOf(zh, 'zh'), ...faultsOf(en, 'en')]).toEqual([])
    expect(faultsOf({ ...zh, title: 'Disk full' }, 'zh')).toEqual(['title is not Chinese'])
    expect(faultsOf({ ...zh, title: '磁盘已满。' }, 'zh')).toEqual(['title ends like a sentence'])
    expect(faultsOf({ ...zh, todo: '请腾出空间' }, 'zh')).toEqual(['todo does not end like a sentence'])
    expect(faultsOf({ ...zh, todo: '请你腾出空间。' }, 'zh')).toEqual(['says 你 where it should say 您'])
    expect(faultsOf({ ...en, notDone: '没有保存。' }, 'en')).toContain('notDone is not plain English')
    expect(faultsOf({ ...en, todo: 'free some space' }, 'en')).toEqual([
      'todo does not begin a sentence',
      'todo does not end like a sentence',
    ])
    expect(faultsOf({ ...en, notDone: '' }, 'en')).toContain('notDone is empty or padded')
  })
})
