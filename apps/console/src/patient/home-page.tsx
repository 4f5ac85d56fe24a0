import { Link } from '@tanstack/react-router'
import { Card } from '../m/card.tsx'
import { Loading } from '../shared/loading.tsx'
import { setPreferences, usePreferences } from '../shared/preferences.ts'
import { Problem } from '../shared/problem.tsx'
import { useSession } from '../shared/session.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { BalanceCard, useHidden } from './balance-card.tsx'
import { EntryList } from './entry-list.tsx'
import { LetterIcon } from './icons.tsx'
import { LinkedScreen } from './linked-screen.tsx'
import { sayDay } from './say-terms.ts'
import { patientTexts } from './texts.ts'
import { useConsents } from './use-consents.ts'
import { useWallet } from './use-wallet.ts'

const SHOWN_ENTRIES = 3

function Requests() {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const { data, error, refetch } = useConsents()
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={2} />
  return data.requests
    .filter(({ state }) => state === 'requested')
    .map(({ requestId, answerBy }) => (
      <Card key={requestId} tone="todo" title={t('asking', { hospital: data.hospital[locale] })}>
        <p>{t('askingSaid', { day: sayDay(answerBy, locale) })}</p>
        <Link className="m-button p-button" to="/m/requests/$requestId" params={{ requestId }}>
          {t('look')}
        </Link>
      </Card>
    ))
}

function Money() {
  const t = useTexts(patientTexts)
  const { data, error, refetch } = useWallet()
  const [hidden, setHidden] = useHidden()
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={3} />
  const entries = data.state === 'not-connected' ? null : data.entries
  return (
    <>
      <BalanceCard wallet={data} hidden={hidden} onHide={setHidden} onRetry={() => void refetch()} />
      <Requests />
      {entries !== null && (
        <section className="p-block">
          <div className="p-heading">
            <h2>{t('lastEntries')}</h2>
            <Link className="p-link" to="/m/wallet">
              {t('all')}
            </Link>
          </div>
          <EntryList entries={entries.slice(0, SHOWN_ENTRIES)} hidden={hidden} />
        </section>
      )}
    </>
  )
}

/** What a person wants to know first: what is there, what waits for an answer, what happened last. */
export function HomePage() {
  const t = useTexts(patientTexts)
  const { name } = useSession()
  const { largeType } = usePreferences()
  const large = (
    <button
      type="button"
      className="p-text-button"
      aria-pressed={largeType}
      onClick={() => setPreferences({ largeType: !largeType })}
    >
      <LetterIcon />
      {t('large')}
    </button>
  )
  return (
    <LinkedScreen title={t('hello', { name })} extra={large}>
      {() => <Money />}
    </LinkedScreen>
  )
}
