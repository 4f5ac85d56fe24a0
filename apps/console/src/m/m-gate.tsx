import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import { type Account, readAccount } from '../shared/accounts.ts'
import { actFor } from '../shared/call.ts'
import { useHouse } from '../shared/house.ts'
import { LiveUpdates } from '../shared/live-updates.tsx'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { forgetAnswers } from '../shared/queries.ts'
import { type SessionContextValue, SessionProvider } from '../shared/session.tsx'
import { signOutOf } from '../shared/sign-in.ts'
import { useTexts } from '../shared/texts.ts'
import { Button } from './button.tsx'
import { MRouter } from './m-router.tsx'
import { Screen } from './screen.tsx'
import { SignInScreen } from './sign-in-screen.tsx'
import { SignInSheet } from './sign-in-sheet.tsx'
import { Strip } from './strip.tsx'
import { mTexts } from './texts.ts'

/** Lets patients in, at the hospital. */
export function MGate() {
  const t = useTexts(mTexts)
  const queries = useQueryClient()
  const house = useHouse()
  const [account, setAccount] = useState<Account | 'nobody'>()
  const [failure, setFailure] = useState<unknown>()
  const read = useCallback(async () => {
    setFailure(undefined)
    await readAccount('site').then((found) => setAccount(found ?? 'nobody'), setFailure)
  }, [])
  useEffect(() => void read(), [read])

  const signOut = useCallback(async () => {
    await signOutOf('site')
    forgetAnswers(queries)
    await read()
  }, [queries, read])

  const value = useMemo<SessionContextValue | undefined>(() => {
    const [choice] = account === undefined || account === 'nobody' ? [] : account.choices
    if (!choice || account === undefined || account === 'nobody') return undefined
    actFor('site', choice.organisation.orgId)
    const { actorId, name, login, choices } = account
    return {
      ...{ service: 'site', actorId, name, login, roles: choice.roles, organisation: choice.organisation },
      ...{ networkBase: '/site/v1/network', memberships: choices },
      switchTo: () => {},
      signOut,
      addAccount: () => {},
    }
  }, [account, signOut])

  const alone = (title: string, children: ReactNode) => (
    <div className="m-frame">
      <Strip />
      <main id="content">
        <Screen title={title}>{children}</Screen>
      </main>
    </div>
  )
  if (house.data?.hospital === false) return alone(t('noHospital'), <p>{t('noHospitalTodo')}</p>)
  if (failure !== undefined) return alone('BitHive', <Problem error={failure} onRetry={() => void read()} />)
  if (account === undefined) return alone('BitHive', <Loading />)
  if (account === 'nobody') return <SignInScreen onSignedIn={() => void read()} />
  if (!value?.roles.includes('patient')) {
    return alone(
      t('wrongRole'),
      <>
        <p>{t('wrongRoleTodo')}</p>
        <p>
          <a href="/">{t('staff')}</a>
        </p>
        <Button onClick={() => void signOut().catch(setFailure)}>{t('signOut')}</Button>
      </>,
    )
  }
  return (
    <SessionProvider value={value}>
      <LiveUpdates />
      <MRouter key={value.actorId} />
      <SignInSheet
        onOtherPerson={() => {
          forgetAnswers(queries)
          void read()
        }}
      />
    </SessionProvider>
  )
}
