import { expect, test } from 'vitest'
import { placeName } from './place-name.ts'

test('a place is said in words, and one that nobody translated as its owner wrote it', () => {
  const node = { region: 'chengdu', jurisdiction: 'CN' }
  expect(placeName(node, 'zh')).toBe('成都 · 中国')
  expect(placeName(node, 'en')).toBe('Chengdu · China')
  expect(placeName({ region: 'north-bay', jurisdiction: 'US-CA' }, 'en')).toBe('North Bay · United States (US-CA)')
})
