import { useRouter, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { SaidPage } from './said-page.tsx'
import { shellTexts } from './texts.ts'

/** In place of a page that failed; the frame around it stays. */
export function CrashPage({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  const t = useTexts(shellTexts)
  const router = useRouter()
  useEffect(() => {
    document.title = `${t('loadFailed')} · BitHive`
  }, [t])
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <div className="bh-said">
      <h1>{t('loadFailed')}</h1>
      <Problem error={error} onRetry={retry} />
    </div>
  )
}

export function NotFoundPage() {
  const t = useTexts(shellTexts)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  return <SaidPage title={t('notFound')} lines={[t('notFoundNotDone', { path }), t('notFoundTodo')]} />
}
