import { Input, Radio } from 'antd'
import { useId } from 'react'
import type { Service } from '../shared/call.ts'
import { addPasskey, signInWithPassword } from '../shared/sign-in.ts'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { randomPassword } from './random-password.ts'

const texts = defineTexts({
  zh: {
    login: '登录名',
    loginHint: '邮箱、电话或名称，3 个字符以上',
    name: '姓名',
    how: '怎样登录',
    password: '密码',
    passwordHint: '12 个字符以上，可以是一句话',
    passkey: '通行密钥',
    passkeyHint: '用这台设备的指纹、面容或 PIN；没有密码可被窃取',
    repeat: '再输入一次密码',
    differ: '两次输入不一样。',
    short: '还差 {missing} 个字符。',
  },
  en: {
    login: 'Login',
    loginHint: 'an e-mail address, telephone number or name of 3 characters or more',
    name: 'Name',
    how: 'How to sign in',
    password: 'Password',
    passwordHint: '12 characters or more; a sentence is fine',
    passkey: 'Passkey',
    passkeyHint: 'the fingerprint, face or PIN of this device; there is no password to steal',
    repeat: 'Password once more',
    differ: 'The two differ.',
    short: '{missing} more {missing|character|characters}.',
  },
})

export type Chosen = {
  readonly login: string
  readonly name: string
  readonly method: 'password' | 'passkey'
  readonly password: string
  readonly repeat: string
}

export const NOTHING_CHOSEN: Chosen = { login: '', name: '', method: 'password', password: '', repeat: '' }
const LEAST = 12

export const isComplete = ({ login, name, method, password, repeat }: Chosen, onlySecret = false) =>
  (onlySecret || (login.trim().length >= 3 && name.trim() !== '')) &&
  (method === 'passkey' || (password.length >= LEAST && password === repeat))

/** The password that the account is made with: with a passkey one that nobody knows. */
export const secretOf = (chosen: Chosen) => (chosen.method === 'passkey' ? randomPassword() : chosen.password)

/** Signs in with what was just chosen and, where a passkey was chosen, adds this device's. */
export async function enter(service: Service, chosen: Chosen, secret: string, device: string): Promise<void> {
  await signInWithPassword(service, chosen.login.trim(), secret)
  if (chosen.method === 'passkey') await addPasskey(service, device, chosen.login.trim())
}

/** Who somebody is here and how they sign in; the password is the person's own and nobody else's. */
export function Credentials(props: {
  readonly value: Chosen
  readonly onChange: (chosen: Chosen) => void
  /** Only how to sign in: the person is known already. */
  readonly onlySecret?: boolean
}) {
  const t = useTexts(texts)
  const id = useId()
  const { value, onChange } = props
  const set = (part: Partial<Chosen>) => onChange({ ...value, ...part })
  const missing = LEAST - value.password.length
  return (
    <div className="bh-stack">
      {!props.onlySecret && (
        <>
          <div>
            <label htmlFor={`${id}-name`}>{t('name')}</label>
            <Input
              id={`${id}-name`}
              value={value.name}
              maxLength={120}
              autoComplete="name"
              onChange={(event) => set({ name: event.target.value })}
            />
          </div>
          <div>
            <label htmlFor={`${id}-login`}>{t('login')}</label>
            <Input
              id={`${id}-login`}
              value={value.login}
              autoComplete="username"
              spellCheck={false}
              aria-describedby={`${id}-login-hint`}
              onChange={(event) => set({ login: event.target.value })}
            />
            <div id={`${id}-login-hint`} className="bh-small">
              {t('loginHint')}
            </div>
          </div>
          <Radio.Group
            aria-label={t('how')}
            value={value.method}
            onChange={(event) => set({ method: event.target.value as Chosen['method'] })}
          >
            <Radio value="password">{t('password')}</Radio>
            <Radio value="passkey">{t('passkey')}</Radio>
          </Radio.Group>
        </>
      )}
      {value.method === 'passkey' ? (
        <p className="bh-small">{t('passkeyHint')}</p>
      ) : (
        <>
          <div>
            <label htmlFor={`${id}-password`}>{t('password')}</label>
            <Input.Password
              id={`${id}-password`}
              value={value.password}
              autoComplete="new-password"
              aria-describedby={`${id}-password-hint`}
              onChange={(event) => set({ password: event.target.value })}
            />
            <div id={`${id}-password-hint`} className="bh-small">
              {value.password !== '' && missing > 0 ? t('short', { missing }) : t('passwordHint')}
            </div>
          </div>
          <div>
            <label htmlFor={`${id}-repeat`}>{t('repeat')}</label>
            <Input.Password
              id={`${id}-repeat`}
              value={value.repeat}
              autoComplete="new-password"
              onChange={(event) => set({ repeat: event.target.value })}
            />
            <div className="bh-small" role="status">
              {value.repeat !== '' && value.repeat !== value.password ? t('differ') : ''}
            </div>
          </div>
        </>
      )}
    </div>
  )
}
