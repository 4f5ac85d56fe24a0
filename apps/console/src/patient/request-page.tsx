import { MyConsentRequest } from '@bithive/api/patient'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Button } from '../m/button.tsx'
import { Card } from '../m/card.tsx'
import { call } from '../shared/call.ts'
import { Empty } from '../shared/empty.tsx'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { REQUEST_TONES } from './consents-page.tsx'
import { LinkedScreen } from './linked-screen.tsx'
import { sayActor, sayData, sayDay, sayPurpose } from './say-terms.ts'
import { Terms } from './terms.tsx'
import { patientTexts } from './texts.ts'
import { useConsents } from './use-consents.ts'

function Request({ request }: { readonly request: MyConsentRequest }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const queries = useQueryClient()
  const path = `/site/v1/me/consent-requests/${request.requestId}/answer`
  const answer = useMutation({
    mutationFn: (given: 'agree' | 'decline') =>
      call(MyConsentRequest, path, { method: 'POST', body: { answer: given } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['consents'] }),
  })
  const { state, days, why, answerBy } = request
  const said = { data: sayData(request.dataClass, locale), purpose: sayPurpose(request.purpose, locale) }
  const open = state === 'requested'
  return (
    <>
      {answer.isSuccess && (
        <p className="p-note" data-tone="ok" role="status">
          {t('answered')}
        </p>
      )}
      <Card title={t('uses', said)}>
        {!open && (
          <p>
            <StatusTag tone={REQUEST_TONES[state]}>{t(`request_${state}`)}</StatusTag>
          </p>
        )}
        <Terms
          terms={request}
          when={t('requestDays', { days })}
          more={[
            [
              t('gets'),
              <span key="why" dir="auto">
                {why}
              </span>,
            ],
            [
              t('askedBy', { who: sayActor(request.requestedBy, locale) }),
              t('answerBy', { day: sayDay(answerBy, locale) }),
            ],
          ]}
        />
        {open && <p>{t('bothFine')}</p>}
      </Card>
      {answer.error && <Problem error={answer.error} />}
      {open && (
        <div className="m-pair">
          <Button busy={answer.isPending} onClick={() => answer.mutate('decline')} onlyOnline>
            {t('decline')}
          </Button>
          <Button busy={answer.isPending} onClick={() => answer.mutate('agree')} onlyOnline>
            {t('agree')}
          </Button>
        </div>
      )}
    </>
  )
}

function Found() {
  const t = useTexts(patientTexts)
  const { requestId } = useParams({ strict: false })
  const { data, error, refetch } = useConsents()
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={4} />
  const request = data.requests.find((one) => one.requestId === requestId)
  return (
    <>
      <Link className="p-link" to="/m/consents">
        {t('back')}
      </Link>
      {request ? (
        <Request request={request} />
      ) : (
        <Empty>
          {t('notFound')} {t('notFoundTodo')}
        </Empty>
      )}
    </>
  )
}

/** One question, and two answers of the same weight. */
export function RequestPage() {
  const t = useTexts(patientTexts)
  return <LinkedScreen title={t('waiting')}>{() => <Found />}</LinkedScreen>
}
