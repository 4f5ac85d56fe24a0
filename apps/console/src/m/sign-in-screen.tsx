import { useState } from 'react'
import { useHouse } from '../shared/house.ts'
import { Mark } from '../shared/mark.tsx'
import { setPreferences, usePreferences } from '../shared/preferences.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { Button } from './button.tsx'
import { Card } from './card.tsx'
import { Screen } from './screen.tsx'
import { SignInForm } from './sign-in-form.tsx'
import { Strip } from './strip.tsx'
import { mTexts } from './texts.ts'

/** Where a patient's visit begins; the size of type is asked here, before anything must be read. */
export function SignInScreen({ onSignedIn }: { readonly onSignedIn: () => void }) {
  const t = useTexts(mTexts)
  const locale = useLocale()
  const { largeType } = usePreferences()
  const { data: house } = useHouse()
  const [login, setLogin] = useState('')
  const atHospital = house?.sampleSignIn?.people.filter(({ service }) => service === 'site') ?? []
  const people = atHospital.toSorted((one, other) => Number(other.phone ?? false) - Number(one.phone ?? false))
  return (
    <div className="m-frame">
      <Strip />
      <main id="content">
        <Screen title={t('signInTitle')} extra={<Mark size={36} />}>
          <div className="m-pair">
            <Button onClick={() => setPreferences({ largeType: !largeType })}>
              {t(largeType ? 'largeOff' : 'largeOn')}
            </Button>
            <Button onClick={() => setPreferences({ locale: locale === 'zh' ? 'en' : 'zh' })}>
              <span lang={locale === 'zh' ? 'en' : 'zh-CN'}>{locale === 'zh' ? 'English' : '中文'}</span>
            </Button>
          </div>
          <Card>
            <p>{t('signInAbout')}</p>
            <SignInForm key={login} login={login} onSignedIn={onSignedIn} />
          </Card>
          {house?.sampleSignIn && people.length > 0 && (
            <Card title={t('sampleTitle')}>
              <p className="m-small">
                {t('samplePassword')} <code>{house.sampleSignIn.passwordFile}</code>
              </p>
              {people.map((person) => (
                <Button key={person.login} onClick={() => setLogin(person.login)}>
                  <span>
                    {person.login}
                    <br />
                    <span className="m-small">{person.who[locale]}</span>
                  </span>
                </Button>
              ))}
            </Card>
          )}
          <p>
            <a href="/">{t('staff')}</a>
          </p>
        </Screen>
      </main>
    </div>
  )
}
