import { type FormEvent, useState } from 'react'
import { Problem } from '../shared/problem.tsx'
import { signInWithPasskey, signInWithPassword } from '../shared/sign-in.ts'
import { useTexts } from '../shared/texts.ts'
import { Button } from './button.tsx'
import { Field } from './field.tsx'
import { mTexts } from './texts.ts'

export type SignInFormProps = { readonly login?: string; readonly onSignedIn: () => void }

/** Patients' accounts lie at the hospital, so there is nothing to choose. */
export function SignInForm({ login: known = '', onSignedIn }: SignInFormProps) {
  const t = useTexts(mTexts)
  const [login, setLogin] = useState(known)
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [missing, setMissing] = useState(false)
  const [error, setError] = useState<unknown>()
  const attempt = async (act: () => Promise<unknown>) => {
    setBusy(true)
    setError(undefined)
    try {
      await act()
      onSignedIn()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const incomplete = login.trim() === '' || password === ''
    setMissing(incomplete)
    if (!incomplete) void attempt(() => signInWithPassword('site', login.trim(), password))
  }
  return (
    <form onSubmit={submit} className="m-stack">
      <Field label={t('login')} value={login} onChange={setLogin} autoComplete="username webauthn" />
      <Field label={t('password')} value={password} onChange={setPassword} password autoComplete="current-password" />
      {missing && <p role="alert">{t('needed')}</p>}
      {error !== undefined && <Problem error={error} />}
      <Button kind="primary" type="submit" busy={busy}>
        {t('signIn')}
      </Button>
      <Button busy={busy} onClick={() => void attempt(() => signInWithPasskey('site'))}>
        {t('passkey')}
      </Button>
    </form>
  )
}
