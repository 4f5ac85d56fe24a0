import type { ReactNode } from 'react'
import { Screen } from '../m/screen.tsx'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import './patient.css'
import { ClaimForm } from './claim-form.tsx'
import { useMyLink } from './my-link.ts'

export type LinkedScreenProps = {
  readonly title: string
  readonly extra?: ReactNode
  /** Rendered only once the account stands for a person: nothing below asks for data of nobody. */
  readonly children: () => ReactNode
}

/** A screen about the person's own data. An account without a link is asked for its code first. */
export function LinkedScreen({ title, extra, children }: LinkedScreenProps) {
  const { data, error, refetch } = useMyLink()
  return (
    <Screen title={title} extra={extra}>
      {data?.state === 'linked' ? (
        children()
      ) : data ? (
        <ClaimForm />
      ) : error ? (
        <Problem error={error} onRetry={() => void refetch()} />
      ) : (
        <Loading rows={4} />
      )}
    </Screen>
  )
}
