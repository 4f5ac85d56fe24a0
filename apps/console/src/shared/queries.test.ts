import { describe, expect, test } from 'vitest'
import { createQueryClient, forgetAnswers } from './queries.ts'

describe('answers that one person read', () => {
  test('are gone when another one sits at the screen; what is anybody’s stays', () => {
    const queries = createQueryClient()
    queries.setQueryData(['house'], { hospital: true })
    queries.setQueryData(['reports', 'timeline'], { items: ['of the one before'] })
    queries.setQueryData(['consents', 'mine'], {})
    forgetAnswers(queries)
    expect(
      queries
        .getQueryCache()
        .getAll()
        .map(({ queryKey }) => queryKey),
    ).toEqual([['house']])
  })
})
