import { describe, expect, test } from 'vitest'
import { pickLocale } from './locale.ts'
import { defineTexts, fill, textsIn } from './texts.ts'

describe('a text', () => {
  test.each([
    ['{count} {count|job|jobs}', { count: 1 }, '1 job'],
    ['{count} {count|job|jobs}', { count: 0 }, '0 jobs'],
    ['{count} {count|job|jobs}', { count: '2' }, '2 jobs'],
    ['Paid {amount} to {name}', { amount: '¥5', name: '青禾 {amount}' }, 'Paid ¥5 to 青禾 {amount}'],
    ['Paid {amount}', {}, 'Paid {amount}'],
    ['Open {a|b', { a: 1 }, 'Open {a|b'],
  ])('«%s» with %j reads «%s»', (text, facts, said) => expect(fill(text, facts)).toBe(said))

  test('is taken from the language of the reader', () => {
    const texts = defineTexts({ zh: { hello: '您好，{name}' }, en: { hello: 'Hello, {name}' } })
    expect([textsIn(texts, 'zh')('hello', { name: '周' }), textsIn(texts, 'en')('hello', { name: 'Zhou' })]).toEqual([
      '您好，周',
      'Hello, Zhou',
    ])
  })

  test('that one language lacks does not compile', () => {
    // @ts-expect-error English has no «bye».
    const lacking = defineTexts({ zh: { hello: '您好', bye: '再见' }, en: { hello: 'Hello' } })
    // @ts-expect-error Chinese has no «bye».
    const unknown = defineTexts({ zh: { hello: '您好' }, en: { hello: 'Hello', bye: 'Bye' } })
    expect([lacking, unknown]).toHaveLength(2)
  })
})

test.each([
  [['en-GB', 'zh-CN'], 'en'],
  [['fr', 'zh-TW', 'en'], 'zh'],
  [['fr', 'de'], 'zh'],
  [[], 'zh'],
])('a reader of %j gets %s', (languages, locale) => expect(pickLocale(languages)).toBe(locale))
