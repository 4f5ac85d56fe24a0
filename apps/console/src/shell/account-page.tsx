import { Page } from '../shared/page.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { PasskeysPanel } from './passkeys-panel.tsx'
import { PasswordPanel } from './password-panel.tsx'
import { PreferencesPanel } from './preferences-panel.tsx'
import { SessionsPanel } from './sessions-panel.tsx'

const texts = defineTexts({ zh: { title: '我的账号' }, en: { title: 'My account' } })

/** What a person does with the own account: devices, passkeys, password, how pages look. */
export function AccountPage() {
  const t = useTexts(texts)
  return (
    <Page title={t('title')} docs="console">
      <div className="bh-columns">
        <div>
          <SessionsPanel />
          <PasskeysPanel />
        </div>
        <div>
          <PreferencesPanel />
          <PasswordPanel />
        </div>
      </div>
    </Page>
  )
}
