import { OrderDetail, OrderView } from '@bithive/api/orders'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button, Steps } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { Act } from '../shared/act.tsx'
import { ApiProblem, call } from '../shared/call.ts'
import { formatMoney, shortId } from '../shared/format.ts'
import { Page } from '../shared/page.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { trimAmount } from '../shared/trim-amount.ts'
import { useNarrow } from '../shared/use-media.ts'
import { modalitiesOf, useStudy } from '../shared/use-studies.ts'
import { useWhose } from '../shared/use-whose.ts'
import './analysis.css'
import { CheckData } from './check-data.tsx'
import { ChooseModel } from './choose-model.tsx'
import { ChooseOffer } from './choose-offer.tsx'
import { ChooseStudy } from './choose-study.tsx'
import { ConfirmOrder } from './confirm-order.tsx'
import { type Draft, emptyDraft, newRequestKey, useDraft } from './draft.ts'
import { analysisTexts } from './texts.ts'
import { usePreview } from './use-preview.ts'

const STEPS = ['study', 'model', 'data', 'offers', 'confirm'] as const

/** Whose study every later step is about. */
function ForWhom({ studyId }: { readonly studyId: string | undefined }) {
  const t = useTexts(analysisTexts)
  const { data: study } = useStudy(studyId)
  const { name, day, about } = useWhose({ studyId, personId: study?.personId })
  const who = [name, study && modalitiesOf(study), about, day].filter(Boolean).join(' · ')
  return <p dir="auto">{who && t('forWhom', { who })}</p>
}

/** Takes the choices of an earlier order over, once, as a new order. */
function useEarlierOrder(from: string | undefined, change: (part: Partial<Draft>) => void) {
  const path = from ? `/site/v1/orders/${encodeURIComponent(from)}` : undefined
  const { data } = useLive(['orders', from ?? ''], OrderDetail, path)
  const taken = useRef(false)
  useEffect(() => {
    if (!data || taken.current) return
    taken.current = true
    const { studyId, seriesId, workload, urgency, purpose, maxPrice } = data.order
    change({ studyId, seriesId, workload, urgency, purpose, maxPrice, step: 2, requestKey: newRequestKey() })
  }, [data, change])
}

/** Sends the order. A refusal is final, so the next try is another order; without an answer it is the same one. */
function useSubmit(draft: Draft, change: (part: Partial<Draft>) => void, clear: () => void) {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const sending = useRef(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const submit = async (maxPrice: string) => {
    if (sending.current) return
    sending.current = true
    setBusy(true)
    setError(undefined)
    const { studyId, seriesId, workload, urgency, purpose, requestKey } = draft
    const body = { studyId, seriesId, workload, urgency, purpose, maxPrice, requestKey }
    try {
      const { orderId } = await call(OrderView, '/site/v1/orders', { method: 'POST', body })
      clear()
      void queries.invalidateQueries({ queryKey: ['orders'] })
      await navigate({ to: `/jobs/${orderId}` })
    } catch (failure) {
      const refused =
        failure instanceof ApiProblem && ['orders.refused', 'orders.not-allowed'].includes(failure.problem.code)
      if (refused) change({ requestKey: newRequestKey() })
      setError(failure)
    } finally {
      sending.current = false
      setBusy(false)
    }
  }
  return { submit, busy, error }
}

function useReason(draft: Draft, preview: ReturnType<typeof usePreview>) {
  const t = useTexts(analysisTexts)
  const { step, studyId, seriesId, workload } = draft
  if (step === 0) return studyId && seriesId ? undefined : t('chooseSeries')
  if (step === 1) return workload ? undefined : t('chooseModel')
  if (preview.data && !preview.data.allowed) return t('notAllowed')
  return undefined
}

/** From a study to an order in five steps: what, with which model, which data, at what price, and one button. */
export function NewAnalysisPage() {
  const t = useTexts(analysisTexts)
  const locale = useLocale()
  const narrow = useNarrow()
  const navigate = useNavigate()
  const search = useSearch({ strict: false }) as { study?: string; series?: string; from?: string }
  const { draft, change, clear } = useDraft({
    ...(search.study ? { studyId: search.study } : {}),
    ...(search.series ? { seriesId: search.series, step: 1 } : {}),
  })
  useEarlierOrder(search.from, change)
  const preview = usePreview(draft)
  const { submit, busy, error } = useSubmit(draft, change, clear)
  const reason = useReason(draft, preview)
  const heading = useRef<HTMLHeadingElement>(null)
  const go = (step: number) => {
    change({ step })
    // Keyboard and screen reader follow to the step that is now there.
    heading.current?.focus()
  }
  const { quote } = preview.data ?? {}
  const maxPrice = draft.maxPrice ?? quote?.hold?.accounting
  const hold = quote?.hold && formatMoney(trimAmount(quote.hold.settlement), quote.asset, locale, { exact: true })
  const part = { draft, change, preview }
  const step = STEPS[draft.step] ?? 'study'
  const startOver = () => {
    change({
      ...emptyDraft(),
      studyId: undefined,
      seriesId: undefined,
      workload: undefined,
      maxPrice: undefined,
    } as Draft)
    void navigate({ to: '/analysis/new', search: {} as never, replace: true })
  }
  const refusedOrder = error instanceof ApiProblem ? error.problem.facts.orderId : undefined
  return (
    <Page
      title={t('title')}
      about={search.from ? t('from', { order: shortId(search.from) }) : t('about')}
      docs="orders"
    >
      <Steps
        aria-label={t('steps')}
        current={draft.step}
        direction={narrow ? 'vertical' : 'horizontal'}
        size="small"
        items={STEPS.map((key) => ({ title: t(key) }))}
      />
      <h2 ref={heading} tabIndex={-1} className="analysis-step">
        {t(step)}
      </h2>
      {draft.step > 0 && <ForWhom studyId={draft.studyId} />}
      {step === 'study' && <ChooseStudy {...part} />}
      {step === 'model' && <ChooseModel {...part} />}
      {step === 'data' && <CheckData {...part} />}
      {step === 'offers' && <ChooseOffer {...part} />}
      {step === 'confirm' && <ConfirmOrder {...part} />}
      {error !== undefined && (
        <Problem
          error={error}
          {...(typeof refusedOrder === 'string'
            ? {
                actions: (
                  <button
                    type="button"
                    className="bh-button"
                    onClick={() => void navigate({ to: `/jobs/${refusedOrder}` })}
                  >
                    {t('refusedOrder')}
                  </button>
                ),
              }
            : {})}
        />
      )}
      <div className="bh-row analysis-acts">
        <Button onClick={startOver}>{t('startOver')}</Button>
        {draft.step > 0 && <Button onClick={() => go(draft.step - 1)}>{t('back')}</Button>}
        {draft.step < 4 ? (
          <Act type="primary" reason={reason} onClick={() => go(draft.step + 1)}>
            {t('next')}
          </Act>
        ) : (
          <Act
            type="primary"
            onlyOnline
            loading={busy}
            reason={hold === undefined || maxPrice === undefined ? t('notAllowed') : reason}
            onClick={() => maxPrice !== undefined && void submit(maxPrice)}
          >
            {hold === undefined ? t('confirm') : t('submit', { hold })}
          </Act>
        )}
      </div>
    </Page>
  )
}
