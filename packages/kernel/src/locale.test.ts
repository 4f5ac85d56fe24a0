import { describe, expect, test } from 'vitest'
import { pickLocale } from './locale.ts'

describe('the language', () => {
  test.each([
    [undefined, undefined, 'zh'],
    [undefined, 'en', 'en'],
    [undefined, 'en-GB,en;q=0.9,zh;q=0.8', 'en'],
    [undefined, 'zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    [undefined, 'zh;q=0.1, en;q=0.9', 'en'],
    [undefined, 'fr-FR,fr;q=0.9,en;q=0.5', 'en'],
    [undefined, 'fr', 'zh'],
    [undefined, 'en;q=0, zh;q=0.1', 'zh'],
    [undefined, 'en;q=0', 'zh'],
    [undefined, 'english', 'zh'],
    [undefined, '*', 'zh'],
    ['en', 'zh-CN', 'en'],
    ['zh-Hans', 'en', 'zh'],
    ['EN', undefined, 'en'],
    ['fr', 'en', 'en'],
    ['', 'en', 'en'],
  ])('asked for as %j with Accept-Language %j is %s', (asked, header, locale) => {
    expect(pickLocale(asked, header)).toBe(locale)
  })
})
