import { type AdministratorInput, SetupState } from '@bithive/api/operations'
import { Button, Checkbox, Input, Radio, Select } from 'antd'
import { useId, useState } from 'react'
import { z } from 'zod'
import { roleTexts } from '../operator/index.ts'
import { call } from '../shared/call.ts'
import { Facts } from '../shared/facts.tsx'
import { setPreferences, usePreferences } from '../shared/preferences.ts'
import { Problem } from '../shared/problem.tsx'
import { addPasskey, signInWithPassword } from '../shared/sign-in.ts'
import { useTexts } from '../shared/texts.ts'
import { Credentials, isComplete, NOTHING_CHOSEN, secretOf } from './credentials.tsx'
import { keepSetupCode, setupCall } from './setup-call.ts'
import { setupTexts } from './texts.ts'
import { useStep } from './use-step.ts'

export type StepProps = {
  readonly state: SetupState
  readonly onState: (state: SetupState) => void
  readonly onNext: () => void
}

const KINDS = [
  'general-hospital',
  'specialist-clinic',
  'community-health-centre',
  'rehabilitation-centre',
  'laboratory',
] as const

export function LanguageStep({ onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const { locale } = usePreferences()
  return (
    <div className="bh-stack">
      <Radio.Group
        aria-label={t('language')}
        value={locale}
        onChange={(event) => setPreferences({ locale: event.target.value as 'zh' | 'en' })}
      >
        <Radio value="zh">
          <span lang="zh-CN">中文</span>
        </Radio>
        <Radio value="en">
          <span lang="en">English</span>
        </Radio>
      </Radio.Group>
      <p className="bh-small">{t('languageSaid')}</p>
      <div>
        <Button type="primary" onClick={onNext}>
          {t('next')}
        </Button>
      </div>
    </div>
  )
}

export function OrganisationStep({ state, onState, onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const id = useId()
  const known = state.organisation
  const [zh, setZh] = useState(known?.name.zh ?? '')
  const [en, setEn] = useState(known?.name.en ?? '')
  const [kind, setKind] = useState<(typeof KINDS)[number]>(known?.kind ?? 'general-hospital')
  const { run, busy, error } = useStep()
  const missing = [...(zh.trim() === '' ? [t('nameZh')] : []), ...(en.trim() === '' ? [t('nameEn')] : [])]
  const save = () =>
    run(async () => {
      const body = { name: { zh: zh.trim(), en: en.trim() }, kind }
      onState(await setupCall(SetupState, '/organisation', { method: 'PUT', body }))
      onNext()
    })
  return (
    <form
      className="bh-stack"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <p>{t('organisationSaid')}</p>
      <div>
        <label htmlFor={`${id}-zh`}>{t('nameZh')}</label>
        <Input
          id={`${id}-zh`}
          lang="zh-CN"
          dir="auto"
          maxLength={120}
          value={zh}
          onChange={(e) => setZh(e.target.value)}
        />
      </div>
      <div>
        <label htmlFor={`${id}-en`}>{t('nameEn')}</label>
        <Input
          id={`${id}-en`}
          lang="en"
          dir="auto"
          maxLength={120}
          value={en}
          onChange={(e) => setEn(e.target.value)}
        />
      </div>
      <div>
        <label htmlFor={`${id}-kind`}>{t('kind')}</label>
        <Select
          id={`${id}-kind`}
          style={{ width: '100%' }}
          value={kind}
          onChange={setKind}
          options={KINDS.map((value) => ({ value, label: t(value) }))}
        />
      </div>
      <Facts items={[{ key: 'j', label: t('jurisdiction'), value: state.jurisdiction }]} />
      <p className="bh-small">{t('jurisdictionSaid', { profile: state.profile })}</p>
      {error !== undefined && <Problem error={error} />}
      <div>
        <Button
          type="primary"
          htmlType="submit"
          loading={busy}
          disabled={missing.length > 0}
          aria-describedby={`${id}-missing`}
        >
          {t('next')}
        </Button>
        <p id={`${id}-missing`} role="status" className="bh-small">
          {missing.length > 0 && t('stillNeeded', { fields: missing.join(t('and')) })}
        </p>
      </div>
    </form>
  )
}

type Also = AdministratorInput['alsoWorksAs'][number]
const ALSO: readonly Also[] = ['radiologist', 'clinician', 'technician', 'registrar', 'privacy-officer', 'finance']

/** Signs the new administrator in at both parts; a passkey belongs to an account, so each part gets its own. */
async function enterBoth(login: string, secret: string, passkey: string | undefined): Promise<void> {
  for (const service of ['hub', 'site'] as const) {
    await signInWithPassword(service, login, secret)
    if (passkey) await addPasskey(service, passkey, login)
  }
}

export function AdministratorStep({ state, onState, onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const roleName = useTexts(roleTexts)
  const [chosen, setChosen] = useState(NOTHING_CHOSEN)
  const [also, setAlso] = useState<readonly Also[]>([])
  /** The account is there with this secret, and the passkey is not. */
  const [half, setHalf] = useState('')
  const { run, busy, error } = useStep()
  const login = chosen.login.trim()
  const create = () =>
    run(async () => {
      const password = secretOf(chosen)
      const body = { login, name: chosen.name.trim(), password, alsoWorksAs: also }
      await setupCall(SetupState, '/administrator', { method: 'POST', body })
      keepSetupCode('')
      if (chosen.method === 'passkey') setHalf(password)
      await enterBoth(login, password, chosen.method === 'passkey' ? t('device') : undefined)
      onState(await setupCall(SetupState, '/state'))
      onNext()
    })
  const passwordInstead = () =>
    run(async () => {
      const body = { current: half, next: chosen.password }
      for (const service of ['hub', 'site'] as const) {
        await signInWithPassword(service, login, half)
        await call(z.undefined(), `/${service}/auth/password`, { method: 'PUT', body, signIn: false })
      }
      onState(await setupCall(SetupState, '/state'))
      onNext()
    })
  if (state.administrator && half === '') {
    return (
      <div className="bh-stack">
        <p role="status">{t('administratorDone')}</p>
        <div>
          <Button type="primary" onClick={onNext}>
            {t('next')}
          </Button>
        </div>
      </div>
    )
  }
  const lost = half !== '' && !busy
  const shown = lost ? { ...chosen, method: 'password' as const } : chosen
  return (
    <form
      className="bh-stack"
      onSubmit={(event) => {
        event.preventDefault()
        void (lost ? passwordInstead() : create())
      }}
    >
      <p role={lost ? 'alert' : undefined}>{t(lost ? 'passkeyLost' : 'administratorSaid')}</p>
      <Credentials value={shown} onChange={setChosen} onlySecret={lost} />
      {!lost && (
        <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
          <legend>{t('also')}</legend>
          <Checkbox.Group
            value={[...also]}
            onChange={(next) => setAlso(next as Also[])}
            options={ALSO.map((value) => ({ value, label: roleName(value) }))}
          />
        </fieldset>
      )}
      {error !== undefined && <Problem error={error} />}
      <div>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!isComplete(shown, lost)}>
          {t(lost ? 'usePassword' : 'next')}
        </Button>
      </div>
    </form>
  )
}
