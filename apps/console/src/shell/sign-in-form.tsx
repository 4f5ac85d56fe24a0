import { KeyOutlined } from '@ant-design/icons'
import { Button, Form, Input } from 'antd'
import { useId, useState } from 'react'
import type { Service } from '../shared/call.ts'
import { Problem } from '../shared/problem.tsx'
import { signInWithPasskey, signInWithPassword } from '../shared/sign-in.ts'
import { defineTexts, useTexts } from '../shared/texts.ts'

const texts = defineTexts({
  zh: {
    login: '账号',
    password: '密码',
    signIn: '登录',
    passkey: '用通行密钥登录',
    or: '或',
    needed: '请填写账号和密码。',
  },
  en: {
    login: 'Login',
    password: 'Password',
    signIn: 'Sign in',
    passkey: 'Sign in with a passkey',
    or: 'or',
    needed: 'Enter your login and password.',
  },
})

export type SignInFormProps = {
  readonly service: Service
  readonly login?: string
  readonly onSignedIn: () => void
}

/** Signs in by password or passkey. What was typed stays when it is refused. */
export function SignInForm({ service, login: known = '', onSignedIn }: SignInFormProps) {
  const t = useTexts(texts)
  const id = useId()
  const [login, setLogin] = useState(known)
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState<'password' | 'passkey'>()
  const [error, setError] = useState<unknown>()
  const [missing, setMissing] = useState(false)
  const attempt = async (by: 'password' | 'passkey', act: () => Promise<unknown>) => {
    setBusy(by)
    setError(undefined)
    try {
      await act()
      onSignedIn()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(undefined)
    }
  }
  const submit = () => {
    const incomplete = login.trim() === '' || password === ''
    setMissing(incomplete)
    if (!incomplete) void attempt('password', () => signInWithPassword(service, login.trim(), password))
  }
  return (
    <Form layout="vertical" onSubmitCapture={submit} className="bh-stack">
      <div>
        <label htmlFor={`${id}-login`}>{t('login')}</label>
        <Input
          id={`${id}-login`}
          name="username"
          autoComplete="username webauthn"
          autoCapitalize="none"
          spellCheck={false}
          size="large"
          value={login}
          onChange={(event) => setLogin(event.target.value)}
        />
      </div>
      <div>
        <label htmlFor={`${id}-password`}>{t('password')}</label>
        <Input.Password
          id={`${id}-password`}
          name="password"
          autoComplete="current-password"
          size="large"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </div>
      {missing && (
        <p role="alert" className="bh-form-problem">
          {t('needed')}
        </p>
      )}
      {error !== undefined && <Problem error={error} />}
      <Button type="primary" htmlType="submit" size="large" block loading={busy === 'password'}>
        {t('signIn')}
      </Button>
      <Button
        icon={<KeyOutlined aria-hidden />}
        size="large"
        block
        loading={busy === 'passkey'}
        onClick={() => void attempt('passkey', () => signInWithPasskey(service))}
      >
        {t('passkey')}
      </Button>
    </Form>
  )
}
