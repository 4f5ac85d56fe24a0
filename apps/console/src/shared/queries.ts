import { QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { z } from 'zod'
import { ApiProblem, call } from './call.ts'

/** What an event of the server can say has changed. The first element of every query key is one of these. */
export const LIVE_TOPICS = [
  'jobs',
  'nodes',
  'ledger',
  'orders',
  'studies',
  'reports',
  'consents',
  'members',
  'treasury',
  'health',
] as const
export type LiveTopic = (typeof LIVE_TOPICS)[number]

export type LiveKey = readonly [LiveTopic, ...unknown[]]

const MAX_RETRIES = 2

/** Only what may go away by itself is tried again; a refusal is an answer. */
function mayGoAway(error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return false
  const { status } = error.problem
  return status === 0 || status === 429 || status === 502 || status === 503 || status === 504
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (count, error) => count < MAX_RETRIES && mayGoAway(error),
        // Events say when something is old; a page without events is refreshed when it is looked at again.
        staleTime: 30_000,
        gcTime: 300_000,
      },
      mutations: { retry: false },
    },
  })
}

/** What one person read must not be seen by the next one at this screen: all of it goes but what is anybody's. */
export function forgetAnswers(queries: QueryClient): void {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'house' })
}

/**
 * Reads a route and keeps it fresh by events. `key` begins with the topic that makes it old; what else it depends on
 * (ids, filters) follows. Without `path` nothing is asked yet.
 */
export function useLive<T>(
  key: LiveKey,
  schema: z.ZodType<T>,
  path: string | undefined,
  options: { readonly everyMs?: number } = {},
): UseQueryResult<T, Error> {
  return useQuery<T, Error>({
    queryKey: key,
    queryFn: ({ signal }) => call(schema, path as string, { signal }),
    enabled: path !== undefined,
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
  })
}
