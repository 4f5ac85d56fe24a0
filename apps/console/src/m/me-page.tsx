import { useMutation } from '@tanstack/react-query'
import { setPreferences, usePreferences } from '../shared/preferences.ts'
import { Problem } from '../shared/problem.tsx'
import { useSession } from '../shared/session.tsx'
import { addPasskey } from '../shared/sign-in.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { Button } from './button.tsx'
import { Card } from './card.tsx'
import { Screen } from './screen.tsx'
import { mTexts } from './texts.ts'

/** The person's own: type size, language, passkey, the way out. */
export function MePage() {
  const t = useTexts(mTexts)
  const locale = useLocale()
  const session = useSession()
  const { largeType } = usePreferences()
  const label = (session.login || session.name).slice(0, 64)
  const add = useMutation({ mutationFn: () => addPasskey('site', label, label) })
  const leave = useMutation({ mutationFn: () => session.signOut() })
  return (
    <Screen title={t('me')}>
      <Card title={t('meAccount')}>
        <p dir="auto">
          <strong>{session.name}</strong>
        </p>
        <p className="m-small">{t('at', { organisation: session.organisation.name[locale] })}</p>
        {add.isSuccess ? (
          <p role="status">{t('addedPasskey')}</p>
        ) : (
          <Button busy={add.isPending} onClick={() => add.mutate()} onlyOnline>
            {t('addPasskey')}
          </Button>
        )}
        {add.error && <Problem error={add.error} />}
      </Card>
      <Card title={t('meLook')}>
        <Button onClick={() => setPreferences({ largeType: !largeType })}>
          {t(largeType ? 'largeOff' : 'largeOn')}
        </Button>
        <Button onClick={() => setPreferences({ locale: locale === 'zh' ? 'en' : 'zh' })}>
          <span lang={locale === 'zh' ? 'en' : 'zh-CN'}>{locale === 'zh' ? 'English' : '中文'}</span>
        </Button>
      </Card>
      <Button busy={leave.isPending} onClick={() => leave.mutate()}>
        {t('signOut')}
      </Button>
      {leave.error && <Problem error={leave.error} />}
    </Screen>
  )
}
