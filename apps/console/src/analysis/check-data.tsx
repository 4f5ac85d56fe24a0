import { DeidentificationPreview } from '@bithive/api/studies'
import { useQuery } from '@tanstack/react-query'
import { Button, Segmented } from 'antd'
import { useState } from 'react'
import { call } from '../shared/call.ts'
import { Facts } from '../shared/facts.tsx'
import { shortId } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { PreviewProblems } from './preview-problems.tsx'
import type { StepProps } from './step-props.ts'
import { TAG_NAMES } from './tag-names.ts'
import { analysisTexts } from './texts.ts'

/** Tags before and after, by name and act; values are never shown. Each look is in the hospital's audit. */
function Deidentification({ studyId, seriesId }: { readonly studyId: string; readonly seriesId: string }) {
  const t = useTexts(analysisTexts)
  const said = useLocalText()
  const [all, setAll] = useState(false)
  const path = `/site/v1/studies/${studyId}/series/${seriesId}/deidentification`
  const { data, error, refetch } = useQuery({
    queryKey: ['studies', studyId, 'deidentification', seriesId],
    queryFn: ({ signal }) => call(DeidentificationPreview, path, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={5} />
  const { counts, attributes, images } = data
  const shown = all ? attributes : attributes.filter(({ tag }) => TAG_NAMES[tag])
  const facts = { removed: 0, emptied: 0, replaced: 0, remapped: 0, private: 0, ...counts, images }
  return (
    <Panel title={t('deid')}>
      <div className="bh-stack">
        <p>{t('deidSum', facts)}</p>
        <div className="bh-scroll">
          <table className="analysis-tags">
            <thead>
              <tr>
                <th scope="col">{t('tag')}</th>
                <th scope="col">{t('attribute')}</th>
                <th scope="col">{t('before')}</th>
                <th scope="col">{t('after')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(({ tag, act }) => (
                <tr key={tag}>
                  <td className="bh-mono">{tag}</td>
                  <td>{TAG_NAMES[tag] ? said(TAG_NAMES[tag]) : '—'}</td>
                  <td>{t('present')}</td>
                  <td>
                    <strong>{t(act)}</strong>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div>
          <Button onClick={() => setAll(!all)}>
            {all ? t('mainTags') : t('allTags', { count: attributes.length })}
          </Button>
        </div>
      </div>
    </Panel>
  )
}

const PURPOSES = ['care', 'research', 'training', 'quality'] as const

/** Whether the data may be used so, how far they go and why, and what is taken out of them. */
export function CheckData({ draft, change, preview }: StepProps) {
  const t = useTexts(analysisTexts)
  const said = useLocalText()
  const { data, error, refetch } = preview
  const { studyId, seriesId } = draft
  return (
    <div className="bh-columns">
      <div>
        {data && <PreviewProblems preview={data} studyId={studyId} />}
        {studyId && seriesId && <Deidentification studyId={studyId} seriesId={seriesId} />}
      </div>
      <div>
        <Panel title={t('purpose')}>
          <Segmented
            aria-label={t('purpose')}
            className="analysis-choice"
            value={draft.purpose}
            onChange={(purpose) => change({ purpose })}
            options={PURPOSES.map((value) => ({ value, label: t(value) }))}
          />
        </Panel>
        <Panel title={t('whyTier')}>
          {!data ? (
            error ? (
              <Problem error={error} onRetry={() => void refetch()} />
            ) : (
              <Loading />
            )
          ) : (
            <div className="bh-stack">
              <StatusTag tone={data.consent.ok ? 'ok' : 'bad'}>
                {data.consent.ok ? t('consentOk') : t('consentMissing')}
              </StatusTag>
              <Facts
                items={[
                  { key: 'tier', label: t('tier'), value: <strong>{said(data.tierText)}</strong> },
                  ...data.tierReasons.map(({ code, minTier, text }) => ({
                    key: code,
                    label: t('least', { tier: minTier }),
                    value: said(text),
                  })),
                  { key: 'class', label: t('dataClass'), value: <code>{data.dataClass}</code> },
                  { key: 'where', label: t('jurisdictions'), value: data.consent.jurisdictions.join(', ') || '—' },
                  {
                    key: 'consent',
                    label: t('consents'),
                    value: data.consent.consentIds.map(shortId).join(', ') || '—',
                  },
                ]}
              />
            </div>
          )}
        </Panel>
      </div>
    </div>
  )
}
