import './patient.css'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from '../m/button.tsx'
import { Card } from '../m/card.tsx'
import { Screen } from '../m/screen.tsx'
import { call, Nothing } from '../shared/call.ts'
import { formatTime } from '../shared/format.ts'
import { now } from '../shared/now.ts'
import { setPreferences, useMode, usePreferences } from '../shared/preferences.ts'
import { Problem } from '../shared/problem.tsx'
import { useSession } from '../shared/session.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { AskFirst } from './ask-first.tsx'
import { Devices } from './devices.tsx'
import { LINK_KEY, useMyLink } from './my-link.ts'
import { PasskeysCard } from './passkeys.tsx'
import { patientTexts } from './texts.ts'

function Display() {
  const t = useTexts(patientTexts)
  const { largeType, locale } = usePreferences()
  const mode = useMode()
  return (
    <Card title={t('look2')}>
      <Button onClick={() => setPreferences({ largeType: !largeType })}>{t(largeType ? 'largeOff' : 'large')}</Button>
      <Button onClick={() => setPreferences({ locale: locale === 'zh' ? 'en' : 'zh' })}>
        <span lang={locale === 'zh' ? 'en' : 'zh-CN'}>{locale === 'zh' ? 'English' : '中文'}</span>
      </Button>
      <Button onClick={() => setPreferences({ scheme: mode === 'dark' ? 'light' : 'dark' })}>
        {t(mode === 'dark' ? 'light' : 'dark')}
      </Button>
    </Card>
  )
}

function LinkCard() {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const queries = useQueryClient()
  const { data, error, refetch } = useMyLink()
  if (error) return <Problem error={error} onRetry={() => void refetch()} />
  if (data?.state !== 'linked' || data.since === null) return null
  const unlink = async () => {
    await call(Nothing, '/site/v1/me/link', { method: 'DELETE' })
    // Nothing of the person may be left on this page.
    queries.removeQueries({ predicate: ({ queryKey }) => ['consents', 'reports', 'ledger'].includes(`${queryKey[0]}`) })
    await queries.invalidateQueries({ queryKey: LINK_KEY })
  }
  return (
    <Card title={t('link')}>
      <p>{t('linkedSince', { time: formatTime(data.since, locale, now()) })}</p>
      <AskFirst act={t('unlink')} said={t('unlinkAsk')} onConfirm={unlink} />
    </Card>
  )
}

/** The person's own account: how pages look, where it is signed in, how to sign in, what it stands for. */
export function MePage() {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const session = useSession()
  const leave = useMutation({ mutationFn: () => session.signOut() })
  return (
    <Screen title={t('me')}>
      <Card title={t('account')}>
        <p dir="auto">
          <strong>{session.name}</strong>
        </p>
        <p className="m-small" dir="auto">
          {t('at', { organisation: session.organisation.name[locale] })}
        </p>
      </Card>
      <Display />
      <PasskeysCard />
      <Devices />
      <LinkCard />
      {leave.error && <Problem error={leave.error} />}
      <Button busy={leave.isPending} onClick={() => leave.mutate()}>
        {t('signOut')}
      </Button>
    </Screen>
  )
}
