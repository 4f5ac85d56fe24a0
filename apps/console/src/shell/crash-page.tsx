import { useRouter, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { SaidPage } from './said-page.tsx'
import { shellTexts } from './texts.ts'

/** A file of a page that the server no longer holds, in the words of Chromium, Firefox, Safari and vite. */
const GONE = /dynamically imported module|module script failed|preload CSS/i

const isGone = (error: unknown) => error instanceof Error && GONE.test(error.message)

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
  if (isGone(error)) {
    return (
      <SaidPage title={t('updated')} lines={[t('updatedNotDone')]} home={false}>
        <button type="button" className="bh-button" onClick={() => window.location.reload()}>
          {t('reload')}
        </button>
      </SaidPage>
    )
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
