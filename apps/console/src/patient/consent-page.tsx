import { MyConsent, MyWithdrawal, WithdrawalEffect } from '@bithive/api/patient'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { Button } from '../m/button.tsx'
import { Card } from '../m/card.tsx'
import { call } from '../shared/call.ts'
import { Empty } from '../shared/empty.tsx'
import { formatTime } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { now } from '../shared/now.ts'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { CONSENT_TONES, consentWord } from './consents-page.tsx'
import { LinkedScreen } from './linked-screen.tsx'
import { sayActor, sayData, sayDay, sayPurpose } from './say-terms.ts'
import { Terms } from './terms.tsx'
import { patientTexts } from './texts.ts'
import { useConsents } from './use-consents.ts'

/** What a withdrawal does, before it is done. */
function Effect({ effect }: { readonly effect: WithdrawalEffect }) {
  const t = useTexts(patientTexts)
  const { stops, goesOn, otherwiseAllowed, filed } = effect
  const none = stops + goesOn + otherwiseAllowed === 0
  return (
    <ul className="p-points">
      <li>{t('withdrawNow')}</li>
      {none && <li>{t('withdrawNothing')}</li>}
      {stops > 0 && <li>{t('withdrawStops', { count: stops })}</li>}
      {goesOn > 0 && <li>{t('withdrawGoesOn', { count: goesOn })}</li>}
      {otherwiseAllowed > 0 && <li>{t('withdrawOther', { count: otherwiseAllowed })}</li>}
      {filed > 0 && <li>{t('withdrawFiled', { count: filed })}</li>}
      <li>{t('withdrawSent')}</li>
    </ul>
  )
}

type WithdrawProps = {
  readonly consentId: string
  readonly what: string
  readonly onDone: (effect: WithdrawalEffect) => void
  readonly onKeep: () => void
}

function Withdraw({ consentId, what, onDone, onKeep }: WithdrawProps) {
  const t = useTexts(patientTexts)
  const queries = useQueryClient()
  const path = `/site/v1/me/consents/${consentId}`
  const effect = useLive(['orders', 'my-consent-effect', consentId], WithdrawalEffect, `${path}/effect`)
  const withdraw = useMutation({
    mutationFn: () => call(MyWithdrawal, `${path}/withdraw`, { method: 'POST', body: {} }),
    onSuccess: (done) => {
      onDone(done.effect)
      void queries.invalidateQueries({ queryKey: ['consents'] })
    },
  })
  // The button that was pressed is gone: reading goes on here.
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => place.current?.focus(), [])
  return (
    <div ref={place} tabIndex={-1} className="p-step">
      <Card tone="todo" title={t('withdrawTitle', { what })}>
        {effect.data ? <Effect effect={effect.data} /> : <Loading />}
        {effect.error && <Problem error={effect.error} onRetry={() => void effect.refetch()} />}
        {withdraw.error && <Problem error={withdraw.error} />}
        <div className="m-pair">
          <Button onClick={onKeep}>{t('withdrawKeep')}</Button>
          {effect.data && (
            <Button busy={withdraw.isPending} onClick={() => withdraw.mutate()} onlyOnline>
              {t('withdrawAct')}
            </Button>
          )}
        </div>
      </Card>
    </div>
  )
}

/** What the withdrawal did, as the hospital counted it afterwards. */
function Done({ effect }: { readonly effect: WithdrawalEffect }) {
  const t = useTexts(patientTexts)
  return (
    <div className="p-note" data-tone="ok" role="status">
      <p>
        <strong>{t('withdrawn')}</strong>
      </p>
      <p>{t('withdrawNow')}</p>
      {effect.stops > 0 && <p>{t('didStops', { count: effect.stops })}</p>}
      {effect.goesOn > 0 && <p>{t('didGoesOn', { count: effect.goesOn })}</p>}
    </div>
  )
}

function GiveAgain({ consentId }: { readonly consentId: string }) {
  const t = useTexts(patientTexts)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const give = useMutation({
    mutationFn: () => call(MyConsent, `/site/v1/me/consents/${consentId}/give-again`, { method: 'POST', body: {} }),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ['consents'] })
      await navigate({ to: '/m/consents/$consentId', params: { consentId: made.consentId } })
    },
  })
  return (
    <>
      <p className="m-small">{t('giveAgainSaid')}</p>
      {give.error && <Problem error={give.error} />}
      <Button busy={give.isPending} onClick={() => give.mutate()} onlyOnline>
        {t('giveAgain')}
      </Button>
    </>
  )
}

function Outcome({ consent }: { readonly consent: MyConsent }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  if (consent.outcome.length === 0) return t('outcomeNone')
  return (
    <ul>
      {consent.outcome.map(({ workload, title, analyses, reports }) => (
        <li key={workload}>{t('outcomeLine', { title: title[locale], analyses, reports })}</li>
      ))}
    </ul>
  )
}

function Consent({ consent }: { readonly consent: MyConsent }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const [step, setStep] = useState<'look' | 'ask'>('look')
  const [effect, setEffect] = useState<WithdrawalEffect>()
  const time = (at: number) => formatTime(at, locale, now())
  const { consentId, givenBy, withdrawnBy, state } = consent
  const given =
    givenBy.kind === 'self'
      ? t('givenSelf', { time: time(consent.recordedAt) })
      : t(givenBy.kind === 'staff' ? 'givenStaff' : 'givenElse', {
          who: sayActor(givenBy, locale),
          time: time(consent.recordedAt),
        })
  const ended =
    consent.revokedAt !== null && withdrawnBy
      ? t('withdrawnAt', { who: sayActor(withdrawnBy, locale), time: time(consent.revokedAt) })
      : undefined
  const said = { data: sayData(consent.dataClass, locale), purpose: sayPurpose(consent.purpose, locale) }
  const what = t('uses', said)
  const stands = state === 'active' || state === 'not-yet'
  if (stands && step === 'ask') {
    return <Withdraw consentId={consentId} what={what} onDone={setEffect} onKeep={() => setStep('look')} />
  }
  return (
    <>
      {effect && <Done effect={effect} />}
      <Card title={what}>
        <p>
          <StatusTag tone={CONSENT_TONES[state]}>{t(consentWord(state))}</StatusTag>
        </p>
        {ended && <p>{ended}</p>}
        <Terms
          terms={consent}
          when={t('until', { day: sayDay(consent.to, locale) })}
          more={[
            [t('outcome'), <Outcome key="outcome" consent={consent} />],
            [t('given'), given],
          ]}
        />
      </Card>
      {stands ? (
        <Button onClick={() => setStep('ask')}>{t('withdrawStart')}</Button>
      ) : (
        <GiveAgain consentId={consentId} />
      )}
    </>
  )
}

function Found() {
  const t = useTexts(patientTexts)
  const { consentId } = useParams({ strict: false })
  const { data, error, refetch } = useConsents()
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={4} />
  const consent = data.consents.find((one) => one.consentId === consentId)
  return (
    <>
      <Link className="p-link" to="/m/consents">
        {t('back')}
      </Link>
      {consent ? (
        <Consent key={consent.consentId} consent={consent} />
      ) : (
        <Empty>
          {t('notFound')} {t('notFoundTodo')}
        </Empty>
      )}
    </>
  )
}

/** One consent: what it allows, what came of it, and the way out, with its effect told first. */
export function ConsentPage() {
  const t = useTexts(patientTexts)
  return <LinkedScreen title={t('consents')}>{() => <Found />}</LinkedScreen>
}
