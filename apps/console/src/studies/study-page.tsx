import { ConsentsAnswer } from '@bithive/api/consent'
import { OrderList } from '@bithive/api/orders'
import type { StudyView } from '@bithive/api/studies'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Button } from 'antd'
import type { z } from 'zod'
import { Empty } from '../shared/empty.tsx'
import { shortId } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { CostLine } from '../shared/order-cost-line.tsx'
import { OrderStatus } from '../shared/order-status.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { ShortId } from '../shared/short-id.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { StudyThumbnail } from '../shared/study-thumbnail.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useNow } from '../shared/use-now.ts'
import './studies.css'
import { modalitiesOf, useStudy } from '../shared/use-studies.ts'
import { studyTexts } from './texts.ts'

function SeriesList({ study }: { readonly study: StudyView }) {
  const t = useTexts(studyTexts)
  const session = useSession()
  const navigate = useNavigate()
  const analyse = (seriesId: string) =>
    void navigate({ to: '/analysis/new', search: { study: study.studyId, series: seriesId } as never })
  return (
    <Panel title={t('seriesOf')} extra={study.series.length}>
      <ul className="studies-files">
        {study.series.map(({ seriesId, modality, bodyPart, images }) => (
          <li key={seriesId}>
            <span>
              <strong>{modality}</strong> · {bodyPart || t('noBodyPart')} · {t('images')} {images}{' '}
              <ShortId id={seriesId} />
            </span>
            {hasRole(session, 'clinician') && (
              <Button size="small" onClick={() => analyse(seriesId)}>
                {t('analyse')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function StudyOrders({ studyId }: { readonly studyId: string }) {
  const t = useTexts(studyTexts)
  const said = useLocalText()
  const { data, error, refetch } = useLive(
    ['orders', 'study', studyId],
    OrderList,
    `/site/v1/orders?limit=200&studyId=${encodeURIComponent(studyId)}`,
  )
  return (
    <Panel title={t('analyses')} extra={data?.total}>
      {!data ? (
        error ? (
          <Problem error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading />
        )
      ) : data.orders.length === 0 ? (
        <Empty>{t('noAnalyses')}</Empty>
      ) : (
        <ul className="studies-files">
          {data.orders.map((order) => (
            <li key={order.orderId}>
              <span>
                <Link to={`/jobs/${order.orderId}` as string}>{said(order.title)}</Link>{' '}
                <span className="bh-small">
                  <Time at={order.createdAt} />
                </span>
              </span>
              <span>
                <OrderStatus order={order} /> <CostLine cost={order.cost} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

type Consent = z.infer<typeof ConsentsAnswer>['consents'][number]

function consentState(consent: Consent, at: number) {
  if (consent.revokedAt !== null) return { tone: 'bad', word: 'consentRevoked' } as const
  if (at < consent.from) return { tone: 'off', word: 'consentNotYet' } as const
  return at >= consent.to
    ? ({ tone: 'off', word: 'consentEnded' } as const)
    : ({ tone: 'ok', word: 'consentOk' } as const)
}

function StudyConsents({ personId }: { readonly personId: string }) {
  const t = useTexts(studyTexts)
  const at = useNow(60_000)
  const session = useSession()
  const may = hasRole(session, 'clinician', 'registrar', 'privacy-officer', 'auditor')
  const path = may ? `/site/v1/consents?personId=${personId}` : undefined
  const { data, error, refetch } = useLive(['consents', personId], ConsentsAnswer, path)
  return (
    <Panel title={t('consents')}>
      {!may ? (
        <p className="bh-small">{t('noRight')}</p>
      ) : !data ? (
        error ? (
          <Problem error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading />
        )
      ) : data.consents.length === 0 ? (
        <Empty>{t('noConsents')}</Empty>
      ) : (
        <ul className="studies-files">
          {data.consents.map((consent) => {
            const { tone, word } = consentState(consent, at)
            return (
              <li key={consent.consentId}>
                <span>
                  {t(consent.purpose)} · {consent.dataClass} · {consent.jurisdictions.join(', ')}
                  <div className="bh-small">
                    {t('until')} <Time at={consent.to} />
                  </div>
                </span>
                <StatusTag tone={tone}>{t(word)}</StatusTag>
              </li>
            )
          })}
        </ul>
      )}
    </Panel>
  )
}

/** One study: its series, what was analysed, what its patient allows. The patient is a number here. */
export function StudyPage() {
  const t = useTexts(studyTexts)
  const said = useLocalText()
  const navigate = useNavigate()
  const { studyId = '' } = useParams({ strict: false }) as { studyId?: string }
  const { data: study, error, refetch } = useStudy(studyId)
  if (!study) {
    return (
      <Page title={t('study')} docs="imaging">
        {error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={5} />}
      </Page>
    )
  }
  const about = (
    <span className="bh-row">
      <StudyThumbnail study={study} />
      <StatusTag tone={study.state === 'complete' ? 'ok' : 'run'}>{said(study.stateText)}</StatusTag>
      {t('person', { person: shortId(study.personId) })}
      <ShortId id={study.studyId} />
      <Time at={study.receivedAt} />
    </span>
  )
  return (
    <Page
      title={t('studyTitle', { modality: modalitiesOf(study) })}
      about={about}
      docs="imaging"
      actions={<Button onClick={() => void navigate({ to: `/radiology/${study.studyId}` })}>{t('view')}</Button>}
    >
      <div className="bh-columns">
        <div>
          <SeriesList study={study} />
          <StudyOrders studyId={study.studyId} />
        </div>
        <div>
          <StudyConsents personId={study.personId} />
        </div>
      </div>
    </Page>
  )
}
