import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { type Account, type Accounts, readAccounts } from '../shared/accounts.ts'
import { actFor, type Service } from '../shared/call.ts'
import { useHouse } from '../shared/house.ts'
import { LiveUpdates } from '../shared/live-updates.tsx'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { forgetAnswers } from '../shared/queries.ts'
import { type Choice, type Session, type SessionContextValue, SessionProvider } from '../shared/session.tsx'
import { signOutOf } from '../shared/sign-in.ts'
import { useTexts } from '../shared/texts.ts'
import { readLastChoice, rememberChoice } from './last-choice.ts'
import { PagesRouter } from './pages-router.tsx'
import { SaidAlone } from './said-alone.tsx'
import { SignInDialog } from './sign-in-dialog.tsx'
import { SignInPage } from './sign-in-page.tsx'
import { shellTexts } from './texts.ts'

/** What the person does now: the choice made last on this device when it is still theirs, else the first. */
function sessionOf(accounts: Accounts, wanted: { service: Service; orgId: string } | undefined): Session | undefined {
  const memberships: Choice[] = [...(accounts.site?.choices ?? []), ...(accounts.hub?.choices ?? [])]
  const isWanted = (one: Choice) => one.service === wanted?.service && one.organisation.orgId === wanted.orgId
  const choice = memberships.find(isWanted) ?? memberships[0]
  if (!choice) return undefined
  const account = accounts[choice.service] as Account
  return {
    service: choice.service,
    actorId: account.actorId,
    name: account.name,
    login: account.login,
    roles: choice.roles,
    organisation: choice.organisation,
    networkBase: choice.service === 'site' ? '/site/v1/network' : '/hub/v1',
    memberships,
  }
}

/** Lets people in: reads who is signed in, asks when nobody is, and gives the pages their session. */
export function Gate() {
  const t = useTexts(shellTexts)
  const queries = useQueryClient()
  const house = useHouse()
  const hospital = house.data?.hospital
  const [accounts, setAccounts] = useState<Accounts>()
  const [failure, setFailure] = useState<unknown>()
  const [wanted, setWanted] = useState(readLastChoice)
  const [adding, setAdding] = useState<Service>()

  const read = useCallback(async () => {
    setFailure(undefined)
    try {
      setAccounts(await readAccounts(hospital === false ? ['hub'] : ['site', 'hub']))
    } catch (error) {
      setFailure(error)
    }
  }, [hospital])
  // Whether there is a hospital is known first: a house without one has nobody to ask about its people.
  const known = house.data !== undefined || house.error !== null
  useEffect(() => void (known && read()), [known, read])

  const session = useMemo(() => accounts && sessionOf(accounts, wanted), [accounts, wanted])
  if (session) actFor(session.service, session.organisation.orgId)

  const signOut = useCallback(
    async (service?: Service) => {
      const services = service ? [service] : (['site', 'hub'] as const).filter((one) => accounts?.[one])
      await Promise.all(services.map((one) => signOutOf(one)))
      forgetAnswers(queries)
      await read()
    },
    [accounts, queries, read],
  )

  const value = useMemo<SessionContextValue | undefined>(
    () =>
      session && {
        ...session,
        switchTo: (service, orgId) => {
          rememberChoice({ service, orgId })
          actFor(service, orgId)
          forgetAnswers(queries)
          setWanted({ service, orgId })
        },
        signOut,
        addAccount: () => setAdding(session.service === 'site' ? 'hub' : 'site'),
      },
    [session, queries, signOut],
  )

  if (failure !== undefined) {
    return (
      <SaidAlone>
        <h1>BitHive</h1>
        <Problem error={failure} onRetry={() => void read()} />
      </SaidAlone>
    )
  }
  if (!accounts) {
    return (
      <SaidAlone>
        <h1 className="bh-sr">BitHive</h1>
        <Loading />
      </SaidAlone>
    )
  }
  const signedIn = (service: Service) => {
    setAdding(undefined)
    void readAccounts(hospital === false ? ['hub'] : ['site', 'hub']).then((next) => {
      const first = next[service]?.choices[0]
      if (first) {
        rememberChoice({ service, orgId: first.organisation.orgId })
        setWanted({ service, orgId: first.organisation.orgId })
      }
      setAccounts(next)
    }, setFailure)
  }
  if (adding) return <SignInPage service={adding} onSignedIn={signedIn} onCancel={() => setAdding(undefined)} />
  if (!accounts.site && !accounts.hub) return <SignInPage onSignedIn={signedIn} />
  if (!value) {
    return (
      <SaidAlone>
        <h1>{t('noOrganisation')}</h1>
        <p>{t('noOrganisationTodo')}</p>
        <div className="bh-row">
          <button type="button" className="bh-button" onClick={() => void read()}>
            {t('reload')}
          </button>
          <button type="button" className="bh-button" onClick={() => void signOut()}>
            {t('signOut')}
          </button>
        </div>
      </SaidAlone>
    )
  }
  return (
    <SessionProvider value={value}>
      <LiveUpdates />
      {/* Another organisation, another page: nothing that was typed or opened for one goes on for the other. */}
      <PagesRouter key={`${value.service} ${value.organisation.orgId} ${value.actorId}`} />
      <SignInDialog
        onOtherPerson={() => {
          forgetAnswers(queries)
          void read()
        }}
      />
    </SessionProvider>
  )
}
