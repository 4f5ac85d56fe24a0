import { Navigate } from '@tanstack/react-router'
import { hasRole, useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { navigationOf } from './navigation.ts'
import { SaidPage } from './said-page.tsx'
import { shellTexts } from './texts.ts'

/** `/`: the first page of the person's navigation. */
export function FirstPage() {
  const t = useTexts(shellTexts)
  const session = useSession()
  const [first] = navigationOf(session)
  if (first) return <Navigate to={first.path} replace />
  if (hasRole(session, 'patient')) {
    return (
      <SaidPage title={t('patientOnly')} lines={[t('patientTodo')]} home={false}>
        <a href="/m">{t('openPatient')}</a>
      </SaidPage>
    )
  }
  return <SaidPage title={t('welcome', { name: session.name })} lines={[t('nothingForYou')]} home={false} />
}
