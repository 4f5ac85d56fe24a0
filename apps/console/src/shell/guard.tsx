import type { ReactNode } from 'react'
import type { Page } from '../shared/page-entry.ts'
import { useSession } from '../shared/session.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { SaidPage } from './said-page.tsx'
import { shellTexts } from './texts.ts'

/** Says so when a page is not for this person. The server decides again about all data. */
export function Guard({ page, children }: { readonly page: Page; readonly children: ReactNode }) {
  const t = useTexts(shellTexts)
  const locale = useLocale()
  const session = useSession()
  if (page.for(session)) return children
  const organisation = session.organisation.name[locale]
  return (
    <SaidPage title={t('noPermission')} lines={[t('noPermissionNotDone'), t('noPermissionTodo', { organisation })]} />
  )
}
