import { describe, expect, expectTypeOf, test } from 'vitest'
import { DomainError, defineErrors, InvariantError, invariant, isDomainError, toProblem } from './errors.ts'

const errors = defineErrors('trial', {
  full: {
    status: 507,
    retryable: true,
    zh: { title: '满了', notDone: '没有保存。', todo: '请腾出空间。' },
    en: { title: 'It is full', notDone: 'It was not saved.', todo: 'Free some space.' },
  },
  gone: {
    status: 410,
    retryable: false,
    zh: { title: '没有了', notDone: '没有读取。', todo: '请重新选择。' },
    en: { title: 'It is gone', notDone: 'It was not read.', todo: 'Choose again.' },
  },
})

describe('an expected failure', () => {
  test('has the code of its room, its facts and its cause', () => {
    const cause = new Error('ENOSPC')
    const error = errors.error('full', { freeMb: 3 }, cause)
    expect(error).toBeInstanceOf(DomainError)
    expect(error).toMatchObject({ code: 'trial.full', facts: { freeMb: 3 }, message: 'trial.full: It is full' })
    expect(error.cause).toBe(cause)
    expect(Object.hasOwn(errors.error('full'), 'cause')).toBe(false)
    expect(errors.code('gone')).toBe('trial.gone')
  })

  test('is told apart by its code, and from every other error', () => {
    expect(isDomainError(errors.error('full'))).toBe(true)
    expect(isDomainError(errors.error('full'), 'trial.full')).toBe(true)
    expect(isDomainError(errors.error('full'), 'trial.gone')).toBe(false)
    expect(isDomainError({ code: 'trial.full' }, 'trial.full')).toBe(false)
    expect(isDomainError(undefined)).toBe(false)
  })

  test('names only codes of its catalogue: the compiler refuses others', () => {
    expectTypeOf(errors.error).parameter(0).toEqualTypeOf<'full' | 'gone'>()
  })
})

test.each([
  ['zh', '满了', '没有保存。请腾出空间。'],
  ['en', 'It is full', 'It was not saved. Free some space.'],
] as const)('a problem in %s carries both languages and never the cause', (locale, title, detail) => {
  const problem = toProblem(errors.error('full', { freeMb: 3 }, new Error('secret')), locale, 'req_1')
  expect(problem).toEqual({
    ...{ type: '/problems/trial.full', title, detail, status: 507, code: 'trial.full', retryable: true },
    ...{ facts: { freeMb: 3 }, text: { zh: errors.entries.full.zh, en: errors.entries.full.en }, requestId: 'req_1' },
  })
  expect(toProblem(errors.error('full'), locale)).not.toHaveProperty('requestId')
})

test('an invariant that holds is silent; one that does not stops the act and names the rule', () => {
  expect(() => invariant(1, 'one is true')).not.toThrow()
  for (const broken of [false, 0, '', undefined, null]) {
    expect(() => invariant(broken, 'debits equal credits')).toThrow(new InvariantError('debits equal credits'))
  }
})
