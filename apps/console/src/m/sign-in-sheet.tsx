import { useEffect, useRef, useState } from 'react'
import { readAccount } from '../shared/accounts.ts'
import { askToSignIn } from '../shared/call.ts'
import { useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { Button } from './button.tsx'
import { SignInForm } from './sign-in-form.tsx'
import { mTexts } from './texts.ts'

/** Above the screen when the session has ended: what was typed stays below it. */
export function SignInSheet({ onOtherPerson }: { readonly onOtherPerson: () => void }) {
  const t = useTexts(mTexts)
  const session = useSession()
  const dialog = useRef<HTMLDialogElement>(null)
  const waiting = useRef<((again: boolean) => void)[]>([])
  const [asked, setAsked] = useState(false)
  useEffect(() => {
    askToSignIn(() => {
      setAsked(true)
      return new Promise((resolve) => waiting.current.push(resolve))
    })
    return () => askToSignIn(undefined)
  }, [])
  useEffect(() => {
    if (asked) dialog.current?.showModal()
    else dialog.current?.close()
  }, [asked])
  const answer = (again: boolean) => {
    setAsked(false)
    for (const resolve of waiting.current.splice(0)) resolve(again)
  }
  const signedIn = async () => {
    const account = await readAccount('site').catch(() => undefined)
    const same = account?.actorId === session.actorId
    // What one person began must not be sent in the name of another.
    answer(same)
    if (!same) onOtherPerson()
  }
  return (
    <dialog
      ref={dialog}
      className="m-sheet"
      aria-labelledby="m-sheet-title"
      onCancel={(event) => {
        event.preventDefault()
        answer(false)
      }}
    >
      <h2 id="m-sheet-title">{t('expired')}</h2>
      <p>{t('expiredSaid')}</p>
      {asked && <SignInForm login={session.login} onSignedIn={() => void signedIn()} />}
      <Button onClick={() => answer(false)}>{t('later')}</Button>
    </dialog>
  )
}
