import { OpenedInvitation } from '@bithive/api/members'
import { Button, Input } from 'antd'
import { type FormEvent, useCallback, useEffect, useId, useState } from 'react'
import { z } from 'zod'
import { isRole, roleTexts } from '../operator/index.ts'
import { call, type Service } from '../shared/call.ts'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { Credentials, enter, isComplete, NOTHING_CHOSEN, secretOf } from './credentials.tsx'

const texts = defineTexts({
  zh: {
    title: '加入 BitHive',
    resetTitle: '重新设置登录方式',
    askCode: '请输入管理员交给您的邀请码。',
    code: '邀请码',
    open: '打开',
    invited: '“{organisation}”邀请您加入。',
    roles: '角色：{roles}',
    until: '有效至',
    consent: '加入后，该机构的管理员可以看到您的姓名、登录名与登录时间，并可更改您的角色。',
    join: '加入',
    resetSaid: '登录名是 {login}。保存后，旧密码、通行密钥和其他设备上的登录全部失效。',
    reset: '保存新密码',
    done: '已完成，正在打开…',
    device: '加入时的设备',
    another: '换一个邀请码',
    passkeyLost: '账号已建立，但这台设备没有完成通行密钥。请改用密码：',
    setPassword: '改用这个密码',
  },
  en: {
    title: 'Join BitHive',
    resetTitle: 'Choose anew how to sign in',
    askCode: 'Enter the code that your administrator gave you.',
    code: 'Code',
    open: 'Open',
    invited: '“{organisation}” invites you to join.',
    roles: 'Roles: {roles}',
    until: 'Valid until',
    consent:
      'Once you join, the administrators of the organisation see your name, login and times of sign-in, and may change your roles.',
    join: 'Join',
    resetSaid: 'Your login is {login}. Once saved, the old password, passkeys and sign-ins on other devices are gone.',
    reset: 'Save the new password',
    done: 'Done, opening …',
    device: 'Device used to join',
    another: 'Use another code',
    passkeyLost: 'The account is there, but this device did not complete the passkey. Use a password instead:',
    setPassword: 'Use this password',
  },
})

type Opened = z.infer<typeof OpenedInvitation>

/** The code of the link: behind #, so that it was never sent anywhere. */
function readCode(): { service: Service; code: string } {
  const found = /^#(site|hub)=([0-9A-Za-z -]{10,40})$/.exec(decodeURIComponent(location.hash))
  return { service: (found?.[1] ?? 'site') as Service, code: found?.[2] ?? '' }
}

/** Asks both parts whose code it is: a person who types it from paper need not know. */
async function openCode(code: string, first: Service): Promise<{ service: Service; opened: Opened }> {
  const other: Service = first === 'site' ? 'hub' : 'site'
  const ask = (service: Service) =>
    call(OpenedInvitation, `/${service}/v1/invitations/open`, { method: 'POST', body: { code }, signIn: false })
  try {
    return { service: first, opened: await ask(first) }
  } catch (error) {
    try {
      return { service: other, opened: await ask(other) }
    } catch {
      throw error
    }
  }
}

/** Where somebody who was invited becomes a member, or who lost a way in finds another. */
export function JoinPage() {
  const t = useTexts(texts)
  const locale = useLocale()
  const roleName = useTexts(roleTexts)
  const id = useId()
  const [given] = useState(readCode)
  const [code, setCode] = useState(given.code)
  const [found, setFound] = useState<{ service: Service; opened: Opened }>()
  const [chosen, setChosen] = useState(NOTHING_CHOSEN)
  const [busy, setBusy] = useState(false)
  const [done, setDone] = useState(false)
  const [error, setError] = useState<unknown>()
  /** The account is made with this and the passkey is not: kept so that a password can take its place. */
  const [half, setHalf] = useState('')

  const attempt = useCallback(async (act: () => Promise<void>) => {
    setBusy(true)
    setError(undefined)
    try {
      await act()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }, [])
  const open = useCallback(
    (typed: string) => attempt(async () => setFound(await openCode(typed, given.service))),
    [attempt, given],
  )
  useEffect(() => {
    document.title = `${t('title')}`
    if (!given.code) return
    // Only now, and not while rendering: a rendering may be thrown away and begun anew, and would find no code.
    history.replaceState(null, '', location.pathname)
    void open(given.code)
  }, [given, open, t])

  const finish = () => {
    setDone(true)
    location.replace('/')
  }
  const accept = (service: Service, opened: Opened) =>
    attempt(async () => {
      const base = `/${service}/v1/invitations`
      if (opened.purpose === 'reset') {
        const body = { code, password: chosen.password }
        const { login } = await call(z.object({ login: z.string() }), `${base}/reset`, {
          method: 'POST',
          body,
          signIn: false,
        })
        await enter(service, { ...chosen, login, method: 'password' }, chosen.password, t('device'))
        return finish()
      }
      const password = secretOf(chosen)
      const body = { code, login: chosen.login.trim(), name: chosen.name.trim(), password }
      await call(z.looseObject({}), `${base}/accept`, { method: 'POST', body, signIn: false })
      if (chosen.method === 'passkey') setHalf(password)
      await enter(service, chosen, password, t('device'))
      finish()
    })
  const passwordInstead = (service: Service) =>
    attempt(async () => {
      const body = { current: half, next: chosen.password }
      await call(z.undefined(), `/${service}/auth/password`, { method: 'PUT', body, signIn: false })
      finish()
    })

  if (done) return <p role="status">{t('done')}</p>
  if (!found) {
    return (
      <>
        <h1>{t('title')}</h1>
        {busy && given.code ? (
          <Loading rows={2} />
        ) : (
          <form
            className="bh-stack"
            onSubmit={(event: FormEvent) => {
              event.preventDefault()
              void open(code)
            }}
          >
            <p>{t('askCode')}</p>
            <div>
              <label htmlFor={id}>{t('code')}</label>
              <Input
                id={id}
                value={code}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setCode(event.target.value)}
              />
            </div>
            <div>
              <Button type="primary" htmlType="submit" loading={busy} disabled={code.trim() === ''}>
                {t('open')}
              </Button>
            </div>
          </form>
        )}
        {error !== undefined && <Problem error={error} />}
      </>
    )
  }
  const { service, opened } = found
  const isReset = opened.purpose === 'reset'
  const roles = opened.roles.map((role) => (isRole(role) ? roleName(role) : role)).join(' · ')
  const passkeyLost = half !== '' && !busy
  return (
    <>
      <h1>{t(isReset ? 'resetTitle' : 'title')}</h1>
      <p dir="auto">
        {isReset
          ? t('resetSaid', { login: opened.login ?? '' })
          : t('invited', { organisation: opened.organisation.name[locale] })}
      </p>
      {!isReset && <p>{t('roles', { roles })}</p>}
      <p className="bh-small">
        {t('until')} <Time at={opened.expiresAt} />
      </p>
      {passkeyLost && <p role="alert">{t('passkeyLost')}</p>}
      <form
        className="bh-stack"
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          void (passkeyLost ? passwordInstead(service) : accept(service, opened))
        }}
      >
        <Credentials
          value={passkeyLost ? { ...chosen, method: 'password' } : chosen}
          onChange={setChosen}
          onlySecret={isReset || passkeyLost}
        />
        {!isReset && <p className="bh-small">{t('consent')}</p>}
        {error !== undefined && <Problem error={error} />}
        <div className="bh-row">
          <Button
            type="primary"
            htmlType="submit"
            loading={busy}
            disabled={!isComplete(passkeyLost ? { ...chosen, method: 'password' } : chosen, isReset || passkeyLost)}
          >
            {t(passkeyLost ? 'setPassword' : isReset ? 'reset' : 'join')}
          </Button>
          <Button
            onClick={() => {
              setFound(undefined)
              setError(undefined)
            }}
          >
            {t('another')}
          </Button>
        </div>
      </form>
    </>
  )
}
