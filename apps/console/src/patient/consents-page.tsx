import type { MyConsent, MyConsentRequest } from '@bithive/api/patient'
import { Link } from '@tanstack/react-router'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { LinkedScreen } from './linked-screen.tsx'
import { sayData, sayDay, sayPurpose } from './say-terms.ts'
import { patientTexts } from './texts.ts'
import { useConsents } from './use-consents.ts'

export const CONSENT_TONES = {
  active: 'ok',
  'not-yet': 'off',
  withdrawn: 'off',
  expired: 'off',
} as const satisfies Record<MyConsent['state'], Tone>

export const REQUEST_TONES = {
  requested: 'todo',
  agreed: 'ok',
  declined: 'off',
  withdrawn: 'off',
  expired: 'off',
} as const satisfies Record<MyConsentRequest['state'], Tone>

export const consentWord = (state: MyConsent['state']) =>
  state === 'not-yet' ? ('state_not_yet' as const) : (`state_${state}` as const)

function ConsentLine({ consent }: { readonly consent: MyConsent }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const { consentId, dataClass, purpose, state, to } = consent
  const said = t('uses', { data: sayData(dataClass, locale), purpose: sayPurpose(purpose, locale) })
  return (
    <li>
      <Link className="p-open" to="/m/consents/$consentId" params={{ consentId }}>
        <strong>{said}</strong>
        <span className="m-small">{t('until', { day: sayDay(to, locale) })}</span>
        <span>
          <StatusTag tone={CONSENT_TONES[state]}>{t(consentWord(state))}</StatusTag>
        </span>
      </Link>
    </li>
  )
}

function RequestLine({ request }: { readonly request: MyConsentRequest }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const { requestId, dataClass, purpose, state, answerBy } = request
  return (
    <li>
      <Link className="p-open" to="/m/requests/$requestId" params={{ requestId }}>
        <strong>{t('uses', { data: sayData(dataClass, locale), purpose: sayPurpose(purpose, locale) })}</strong>
        {state === 'requested' && <span className="m-small">{t('answerBy', { day: sayDay(answerBy, locale) })}</span>}
        <span>
          <StatusTag tone={REQUEST_TONES[state]}>{t(`request_${state}`)}</StatusTag>
        </span>
      </Link>
    </li>
  )
}

function Consents() {
  const t = useTexts(patientTexts)
  const { data, error, refetch } = useConsents()
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={4} />
  const waiting = data.requests.filter(({ state }) => state === 'requested')
  // An agreement is a consent below; it needs no line of its own.
  const answered = data.requests.filter(({ state }) => state !== 'requested' && state !== 'agreed')
  const standing = data.consents.filter(({ state }) => state === 'active' || state === 'not-yet')
  const over = data.consents.filter(({ state }) => state === 'withdrawn' || state === 'expired')
  return (
    <>
      <p>{t('consentsAbout')}</p>
      {waiting.length > 0 && (
        <section className="p-block">
          <h2>{t('waiting')}</h2>
          <ul className="p-list">
            {waiting.map((request) => (
              <RequestLine key={request.requestId} request={request} />
            ))}
          </ul>
        </section>
      )}
      <section className="p-block">
        <h2>{t('standing')}</h2>
        {standing.length === 0 && <p>{t('noConsents')}</p>}
        <ul className={standing.length > 0 ? 'p-list' : ''}>
          {standing.map((consent) => (
            <ConsentLine key={consent.consentId} consent={consent} />
          ))}
        </ul>
      </section>
      <section className="p-block">
        <h2>{t('over')}</h2>
        {over.length + answered.length === 0 && <p>{t('noOver')}</p>}
        <ul className={over.length + answered.length > 0 ? 'p-list' : ''}>
          {over.map((consent) => (
            <ConsentLine key={consent.consentId} consent={consent} />
          ))}
          {answered.map((request) => (
            <RequestLine key={request.requestId} request={request} />
          ))}
        </ul>
      </section>
    </>
  )
}

/** Who may use what: what waits for an answer first, then what stands, then what was. */
export function ConsentsPage() {
  const t = useTexts(patientTexts)
  return <LinkedScreen title={t('consents')}>{() => <Consents />}</LinkedScreen>
}
