import { Button, Modal } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { readAccount } from '../shared/accounts.ts'
import { askToSignIn, type Service } from '../shared/call.ts'
import { useSession } from '../shared/session.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { SignInForm } from './sign-in-form.tsx'

const texts = defineTexts({
  zh: {
    title: '登录已过期，请重新登录',
    said: '您填写的内容还在页面上。登录后会继续刚才的操作。',
    cancel: '先不登录',
  },
  en: {
    title: 'Your session has ended. Sign in again',
    said: 'What you typed is still on the page. After signing in, what you were doing goes on.',
    cancel: 'Not now',
  },
})

/**
 * Above the page when a call finds that the session has ended. One dialog however many calls wait. Forms below stay
 * mounted; a different person at the screen gets a page of their own instead.
 */
export function SignInDialog({ onOtherPerson }: { readonly onOtherPerson: () => void }) {
  const t = useTexts(texts)
  const session = useSession()
  const [asked, setAsked] = useState<Service>()
  const waiting = useRef<((again: boolean) => void)[]>([])
  const current = useRef(session)
  current.current = session

  useEffect(() => {
    askToSignIn((service) => {
      setAsked(service)
      return new Promise((resolve) => waiting.current.push(resolve))
    })
    return () => askToSignIn(undefined)
  }, [])

  const answer = (again: boolean) => {
    setAsked(undefined)
    for (const resolve of waiting.current.splice(0)) resolve(again)
  }
  const signedIn = async (service: Service) => {
    const account = await readAccount(service).catch(() => undefined)
    // What one person began must not be sent in the name of another; of the other service nobody is known yet.
    const same = service === current.current.service && account?.actorId === current.current.actorId
    answer(same)
    if (!same) onOtherPerson()
  }
  return (
    <Modal
      open={asked !== undefined}
      title={t('title')}
      onCancel={() => answer(false)}
      mask={{ closable: false }}
      closable={false}
      destroyOnHidden
      zIndex={2000}
      footer={<Button onClick={() => answer(false)}>{t('cancel')}</Button>}
    >
      <p>{t('said')}</p>
      {asked && (
        <SignInForm
          service={asked}
          login={asked === session.service ? session.login : ''}
          onSignedIn={() => void signedIn(asked)}
        />
      )}
    </Modal>
  )
}
