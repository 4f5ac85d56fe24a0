import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesKeys } from './match-attributes.ts'

const matches = (vr: string, value: string, wanted: string) =>
  matchesKeys({ '00081030': { vr, Value: [value] } }, [{ tag: '00081030', value: wanted }])

/** The meaning of a pattern, letter by letter, for texts short enough to try everything. */
function means(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*') return means(pattern.slice(1), text) || (text !== '' && means(pattern, text.slice(1)))
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && means(pattern.slice(1), text.slice(1))
}

describe('a wildcard', () => {
  test('matches what its letters, question marks and asterisks mean, whatever their order', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 7 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), minLength: 1, maxLength: 7 })
    fc.assert(
      fc.property(pattern, text, (wanted, value) => matches('UI', value, wanted) === means(wanted, value)),
      { numRuns: 3_000 },
    )
  })

  test('made to be slow is answered at once', () => {
    const startedAt = performance.now()
    expect(matches('LO', 'CT of the chest, abdomen and pelvis', `${'*?'.repeat(500)}#`)).toBe(false)
    expect(matches('UT', 'ab'.repeat(5_000), `${'*a'.repeat(500)}#`)).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  test('takes no letter for anything else, and knows no case in texts', () => {
    expect([matches('LO', 'CT [1]', 'ct [?]'), matches('LO', 'CT 1', 'ct [1]')]).toEqual([true, false])
    expect([matches('UI', '1.2.3', '1?2*'), matches('LO', '样例😀', '样?😀'), matches('LO', '😀', '?')]).toEqual([
      true,
      true,
      true,
    ])
  })
})
