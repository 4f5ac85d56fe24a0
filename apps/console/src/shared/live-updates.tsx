import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { askAgain } from './call.ts'
import { startLiveClient } from './live-client.ts'
import { useSession } from './session.tsx'

/** Hears from the service that the person acts at, for as long as they do. */
export function LiveUpdates() {
  const queries = useQueryClient()
  const { service, organisation } = useSession()
  const { orgId } = organisation
  // biome-ignore lint/correctness/useExhaustiveDependencies: another organisation has another stream.
  useEffect(() => startLiveClient({ queries, service, onSignedOut: askAgain }), [queries, service, orgId])
  return null
}
