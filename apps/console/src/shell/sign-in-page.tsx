import { Button, Radio } from 'antd'
import { useEffect, useState } from 'react'
import type { Service } from '../shared/call.ts'
import { useHouse } from '../shared/house.ts'
import { Mark } from '../shared/mark.tsx'
import { Problem } from '../shared/problem.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'
import { LanguageSwitch } from './language-switch.tsx'
import { readLastService, rememberService } from './last-service.ts'
import { Marks } from './marks.tsx'
import { SignInForm } from './sign-in-form.tsx'

const texts = defineTexts({
  zh: {
    title: '登录 BitHive',
    which: '账号类型',
    site: '医院账号',
    siteWho: '医生、技师、医院管理与财务人员：患者数据只留在医院。',
    hub: '网络账号',
    hubWho: '运营者、节点贡献者、模型作者：网络与账务。',
    patient: '患者请打开手机页面',
    sampleTitle: '示例账号',
    samplePassword: '这些账号的密码都在这台电脑的文件里：',
    fill: '填入',
    use: '填入 {login}',
    cancel: '返回',
  },
  en: {
    title: 'Sign in to BitHive',
    which: 'Kind of account',
    site: 'Hospital account',
    siteWho: 'Clinicians, technicians, hospital administration and finance: patient data stay at the hospital.',
    hub: 'Network account',
    hubWho: 'Operators, node contributors, model authors: the network and its books.',
    patient: 'Patients: open the pages for phones',
    sampleTitle: 'Sample accounts',
    samplePassword: 'The password of all of them is in this file on this machine:',
    fill: 'Fill in',
    use: 'Fill in {login}',
    cancel: 'Back',
  },
})

export type SignInPageProps = {
  readonly onSignedIn: (service: Service) => void
  /** Chosen beforehand: a second account is being added. */
  readonly service?: Service | undefined
  readonly onCancel?: (() => void) | undefined
}

/** Where a visit begins: which account, then passkey or password. */
export function SignInPage({ onSignedIn, service: asked, onCancel }: SignInPageProps) {
  const t = useTexts(texts)
  const locale = useLocale()
  const house = useHouse()
  const hospital = house.data?.hospital ?? true
  const [service, setService] = useState<Service>(asked ?? readLastService())
  const [login, setLogin] = useState('')
  const chosen = hospital ? service : 'hub'
  useEffect(() => {
    document.title = `${t('title')}`
  }, [t])
  const pick = (next: Service, name = '') => {
    setService(next)
    setLogin(name)
  }
  return (
    <div className="bh-door">
      <Marks />
      <header className="bh-door-head">
        <Mark size={32} />
        <strong className="bh-word">BitHive</strong>
        <LanguageSwitch />
      </header>
      <main id="content" className="bh-door-main">
        <h1>{t('title')}</h1>
        {house.error && !house.data && <Problem error={house.error} onRetry={() => void house.refetch()} />}
        {hospital && (
          <Radio.Group
            className="bh-kinds"
            aria-label={t('which')}
            value={chosen}
            onChange={(event) => pick(event.target.value as Service)}
          >
            {(['site', 'hub'] as const).map((one) => (
              <Radio key={one} value={one} className="bh-kind">
                <strong>{t(one)}</strong>
                <span className="bh-small">{t(`${one}Who`)}</span>
              </Radio>
            ))}
          </Radio.Group>
        )}
        <SignInForm
          key={`${chosen} ${login}`}
          service={chosen}
          login={login}
          onSignedIn={() => {
            rememberService(chosen)
            onSignedIn(chosen)
          }}
        />
        {onCancel && (
          <Button type="link" onClick={onCancel}>
            {t('cancel')}
          </Button>
        )}
        {hospital && (
          <p>
            <a href="/m">{t('patient')}</a>
          </p>
        )}
        {house.data?.sampleSignIn && (
          <section className="bh-panel" aria-label={t('sampleTitle')}>
            <header>
              <h2>{t('sampleTitle')}</h2>
            </header>
            <div className="bh-panel-body bh-stack">
              <p className="bh-small">
                {t('samplePassword')} <code>{house.data.sampleSignIn.passwordFile}</code>
              </p>
              <ul className="bh-logins">
                {house.data.sampleSignIn.people.map((person) => (
                  <li key={`${person.service} ${person.login}`}>
                    <span>
                      <code>{person.login}</code>
                      <br />
                      <span className="bh-small">
                        {t(person.service)} · {person.who[locale]}
                      </span>
                    </span>
                    <Button
                      size="small"
                      aria-label={t('use', { login: person.login })}
                      onClick={() => pick(person.service, person.login)}
                    >
                      {t('fill')}
                    </Button>
                  </li>
                ))}
              </ul>
            </div>
          </section>
        )}
      </main>
    </div>
  )
}
