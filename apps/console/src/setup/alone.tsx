import { SetupNeeded } from '@bithive/api/operations'
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { call } from '../shared/call.ts'
import { Loading } from '../shared/loading.tsx'
import { SaidAlone } from '../shell/said-alone.tsx'

const SetupPage = lazy(async () => ({ default: (await import('./setup-page.tsx')).SetupPage }))
const JoinPage = lazy(async () => ({ default: (await import('./join-page.tsx')).JoinPage }))

/** Pages for people who have no account yet: the first set-up, and accepting an invitation. */
export function Alone({ children }: { readonly children: ReactNode }) {
  const { pathname } = location
  const open = pathname === '/setup' ? <SetupPage /> : pathname === '/join' ? <JoinPage /> : undefined
  const alone = open !== undefined
  useEffect(() => {
    if (alone) return
    // A house that waits for its first person has nobody who could sign in.
    call(SetupNeeded, '/hub/v1/setup', { signIn: false }).then(
      ({ needed }) => needed && location.replace('/setup'),
      () => undefined,
    )
  }, [alone])
  if (!open) return children
  return (
    <SaidAlone>
      <Suspense fallback={<Loading />}>{open}</Suspense>
    </SaidAlone>
  )
}
