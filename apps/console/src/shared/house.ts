import { HouseFacts } from '@bithive/api/house'
import { useQuery } from '@tanstack/react-query'
import { call } from './call.ts'

/** What anyone may know of this house: version, profile, whether its people and money are invented. */
export function useHouse() {
  return useQuery({
    queryKey: ['house'],
    queryFn: ({ signal }) => call(HouseFacts, '/house', { signal, signIn: false }),
    staleTime: 600_000,
    retry: 2,
  })
}
