import './consents.css'
import { ConsentRequestView, ConsentsAnswer, ConsentView } from '@bithive/api/consent'
import { useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { sayDataOf, sayDay, sayPlaces, sayPurposeOf, sayRecipients } from '../patient/index.ts'
import { call } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { shortId } from '../shared/format.ts'
import { Hash } from '../shared/hash.tsx'
import type { Locale } from '../shared/locale.ts'
import { now } from '../shared/now.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { AccountPanel } from './account-panel.tsx'
import { ReasonDialog } from './reason-dialog.tsx'
import { TermsForm } from './terms-form.tsx'
import { consentTexts } from './texts.ts'

const REQUEST_TONES = {
  requested: 'todo',
  agreed: 'ok',
  declined: 'off',
  withdrawn: 'off',
  expired: 'off',
} as const satisfies Record<ConsentRequestView['state'], Tone>

function stateOf({ revokedAt, from, to }: ConsentView): 'active' | 'later' | 'withdrawn' | 'over' {
  if (revokedAt !== null) return 'withdrawn'
  if (now() >= to) return 'over'
  return now() < from ? 'later' : 'active'
}

function whereOf({ jurisdictions, regions }: Pick<ConsentView, 'jurisdictions' | 'regions'>, locale: Locale) {
  const places = sayPlaces(jurisdictions, locale)
  return regions.length > 0 ? `${places} · ${regions.join(', ')}` : places
}

type TableProps = {
  readonly answer: { consents: ConsentView[]; requests: ConsentRequestView[] } | undefined
  readonly error: unknown
  readonly onRetry: () => void
  readonly mayAct: boolean
}

function ConsentTable({ answer, error, onRetry, mayAct }: TableProps) {
  const t = useTexts(consentTexts)
  const locale = useLocale()
  const queries = useQueryClient()
  const [ending, setEnding] = useState<ConsentView>()
  const what = ({ dataClass, purpose }: ConsentView) =>
    t('uses', { data: sayDataOf(dataClass, locale), purpose: sayPurposeOf(purpose, locale) })
  const withdraw = async (reason: string) => {
    const path = `/site/v1/consents/${ending?.consentId ?? ''}`
    await call(ConsentView, path, { method: 'DELETE', body: { reason } })
    await queries.invalidateQueries({ queryKey: ['consents'] })
  }
  const columns: readonly Column<ConsentView>[] = [
    { key: 'what', title: t('what'), value: what },
    { key: 'who', title: t('who'), value: ({ recipientKinds }) => sayRecipients(recipientKinds, locale) },
    { key: 'where', title: t('where'), value: (consent) => whereOf(consent, locale) },
    { key: 'until', title: t('until'), value: ({ to }) => to, render: ({ to }) => sayDay(to, locale), sort: true },
    {
      key: 'state',
      title: t('state'),
      value: (consent) => t(`state_${stateOf(consent)}`),
      render: (consent) => {
        const state = stateOf(consent)
        return (
          <div>
            <StatusTag tone={state === 'active' ? 'ok' : 'off'}>{t(`state_${state}`)}</StatusTag>
            {consent.revokedAt !== null && (
              <div className="bh-small" dir="auto">
                <Time at={consent.revokedAt} /> {consent.revokedReason}
              </div>
            )}
          </div>
        )
      },
    },
    {
      key: 'evidence',
      title: t('evidence'),
      value: ({ evidenceSha256 }) => evidenceSha256,
      render: ({ evidenceSha256, recordedAt }) => (
        <div>
          <Hash value={evidenceSha256} />
          <div className="bh-small">
            <Time at={recordedAt} />
          </div>
        </div>
      ),
    },
    ...(mayAct
      ? [
          {
            key: 'act',
            title: t('withdraw'),
            value: () => undefined,
            render: (consent: ConsentView) =>
              consent.revokedAt === null &&
              stateOf(consent) !== 'over' && (
                <Button
                  size="small"
                  aria-label={t('withdrawOne', { what: what(consent) })}
                  onClick={() => setEnding(consent)}
                >
                  {t('withdraw')}
                </Button>
              ),
          },
        ]
      : []),
  ]
  return (
    <Panel title={t('consents')}>
      <DataTable
        id="consents"
        label={t('consents')}
        rows={answer?.consents}
        rowKey={({ consentId }) => consentId}
        columns={columns}
        error={error}
        onRetry={onRetry}
        empty={<Empty>{t('noConsents')}</Empty>}
      />
      <ReasonDialog
        open={ending !== undefined}
        title={t('withdrawAsk')}
        said={`${ending ? `${what(ending)}. ` : ''}${t('withdrawSaid')}`}
        act={t('withdraw')}
        onConfirm={withdraw}
        onClose={() => setEnding(undefined)}
      />
    </Panel>
  )
}

function RequestTable({ answer, error, onRetry, mayAct }: TableProps) {
  const t = useTexts(consentTexts)
  const locale = useLocale()
  const queries = useQueryClient()
  const [ending, setEnding] = useState<ConsentRequestView>()
  const what = ({ dataClass, purpose }: ConsentRequestView) =>
    t('uses', { data: sayDataOf(dataClass, locale), purpose: sayPurposeOf(purpose, locale) })
  const takeBack = async () => {
    await call(ConsentRequestView, `/site/v1/consent-requests/${ending?.requestId ?? ''}`, { method: 'DELETE' })
    await queries.invalidateQueries({ queryKey: ['consents'] })
  }
  const columns: readonly Column<ConsentRequestView>[] = [
    {
      key: 'what',
      title: t('what'),
      value: what,
      render: (request) => (
        <div>
          {what(request)}
          <div className="bh-small" dir="auto">
            {request.why}
          </div>
        </div>
      ),
    },
    { key: 'who', title: t('who'), value: ({ recipientKinds }) => sayRecipients(recipientKinds, locale) },
    {
      key: 'until',
      title: t('until'),
      value: ({ answerBy }) => answerBy,
      render: ({ answerBy }) => sayDay(answerBy, locale),
      sort: true,
    },
    {
      key: 'state',
      title: t('state'),
      value: ({ state }) => t(`request_${state}`),
      render: ({ state }) => <StatusTag tone={REQUEST_TONES[state]}>{t(`request_${state}`)}</StatusTag>,
    },
    ...(mayAct
      ? [
          {
            key: 'act',
            title: t('takeBack'),
            value: () => undefined,
            render: (request: ConsentRequestView) =>
              request.state === 'requested' && (
                <Button
                  size="small"
                  aria-label={t('takeBackOne', { what: what(request) })}
                  onClick={() => setEnding(request)}
                >
                  {t('takeBack')}
                </Button>
              ),
          },
        ]
      : []),
  ]
  return (
    <Panel title={t('requests')}>
      <DataTable
        id="requests"
        label={t('requests')}
        rows={answer?.requests}
        rowKey={({ requestId }) => requestId}
        columns={columns}
        error={error}
        onRetry={onRetry}
        empty={<Empty>{t('noRequests')}</Empty>}
      />
      <Confirm
        open={ending !== undefined}
        title={t('takeBackAsk')}
        act={t('takeBack')}
        danger
        onConfirm={takeBack}
        onClose={() => setEnding(undefined)}
      >
        {t('takeBackSaid')}
      </Confirm>
    </Panel>
  )
}

/** What one patient allowed and was asked for; staff act here on a form's or the patient's behalf. */
export function PersonPage() {
  const t = useTexts(consentTexts)
  const session = useSession()
  const { personId = '' } = useParams({ strict: false })
  const path = `/site/v1/consents?personId=${encodeURIComponent(personId)}`
  const { data, error, refetch } = useLive(['consents', 'of-person', personId], ConsentsAnswer, path)
  const [form, setForm] = useState<'paper' | 'ask'>()
  const mayAct = hasRole(session, 'clinician', 'registrar', 'privacy-officer')
  const table = { answer: data, error, onRetry: () => void refetch(), mayAct }
  const acts = mayAct && (
    <>
      <Button onClick={() => setForm('paper')}>{t('record')}</Button>
      <Button type="primary" onClick={() => setForm('ask')}>
        {t('ask')}
      </Button>
    </>
  )
  return (
    <Page title={t('personTitle', { id: shortId(personId) })} docs="consent" actions={acts}>
      {form !== undefined && (
        <Panel title={t(form === 'paper' ? 'recordTitle' : 'askTitle')}>
          <TermsForm key={form} personId={personId} kind={form} onDone={() => setForm(undefined)} />
        </Panel>
      )}
      <ConsentTable {...table} />
      <RequestTable {...table} />
      {mayAct && <AccountPanel personId={personId} />}
    </Page>
  )
}
