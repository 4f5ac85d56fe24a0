import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

/** A word of the address, so that a filtered list can be sent to somebody. An empty value is not in the address. */
export function useUrlState(key: string): readonly [string, (value: string) => void] {
  const search = useSearch({ strict: false }) as Readonly<Record<string, unknown>>
  const navigate = useNavigate()
  const given = search[key]
  const value = typeof given === 'string' || typeof given === 'number' ? String(given) : ''
  const set = useCallback(
    (next: string) => {
      const changed = (past: Record<string, unknown>) => {
        const { [key]: _, ...rest } = past
        return next === '' ? rest : { ...rest, [key]: next }
      }
      void navigate({ to: '.', search: changed as never, replace: true })
    },
    [key, navigate],
  )
  return [value, set]
}
