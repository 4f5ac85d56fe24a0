import type { OrderDetail } from '@bithive/api/orders'
import { tierText } from '@bithive/api/placement-words'
import { Facts } from '../shared/facts.tsx'
import { formatBytes, formatDuration, shortId } from '../shared/format.ts'
import { Hash } from '../shared/hash.tsx'
import { Panel } from '../shared/panel.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { jobTexts } from './texts.ts'

const TONES = { 'not-yet': 'off', valid: 'ok', refused: 'bad', 'not-given': 'todo' } as const

/** Hashes of what went in and came out, and what this hospital checked of the node's signature. */
export function JobProof({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const locale = useLocale()
  const { provenance: proof, order } = detail
  const { signature, envelope } = proof
  const word = signature === 'refused' ? t('refusedSignature') : t(signature)
  const hash = (key: 'input' | 'sealedInput' | 'result' | 'sealedResult', value: string | undefined) =>
    value === undefined ? [] : [{ key, label: t(key), value: <Hash value={value} /> }]
  return (
    <Panel title={t('proof')}>
      <Facts
        items={[
          { key: 'signature', label: t('signature'), value: <StatusTag tone={TONES[signature]}>{word}</StatusTag> },
          { key: 'workload', label: t('workload'), value: <code>{`${order.workload} ${order.version}`}</code> },
          { key: 'digest', label: t('digest'), value: <Hash value={proof.workloadDigest} /> },
          ...(proof.images === undefined
            ? []
            : [
                {
                  key: 'images',
                  label: t('images'),
                  value: `${t('imagesFact', { count: proof.images })} · ${formatBytes(proof.inputBytes ?? 0)}`,
                },
              ]),
          ...hash('input', proof.inputSha256),
          ...hash('sealedInput', proof.sealedInputSha256),
          ...hash('result', proof.resultSha256),
          ...hash('sealedResult', proof.sealedResultSha256),
          ...(proof.signKey ? [{ key: 'key', label: t('signKey'), value: <Hash value={proof.signKey} /> }] : []),
          ...(envelope ? [{ key: 'cpu', label: t('cpu'), value: formatDuration(envelope.cpuMs, locale) }] : []),
        ]}
      />
    </Panel>
  )
}

/** What may happen with the data, and what has left. */
export function JobData({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const said = useLocalText()
  const { order, steps, node } = detail
  const allowed = steps.find(({ stage }) => stage === 'allowed')?.facts.consentIds
  const consents = Array.isArray(allowed) ? allowed.map(String) : []
  const sent = steps.some(({ stage }) => stage === 'staged')
  return (
    <Panel title={t('data')}>
      <Facts
        items={[
          { key: 'tier', label: t('tier'), value: said(tierText(order.tier)) },
          { key: 'where', label: t('jurisdictions'), value: order.jurisdictions.join(', ') || '—' },
          { key: 'consent', label: t('consent'), value: consents.map(shortId).join(', ') || '—' },
          {
            key: 'left',
            label: t('left'),
            value: <span dir="auto">{sent ? t('leftSealed', { node: node?.nodeName ?? '—' }) : t('leftNothing')}</span>,
          },
        ]}
      />
    </Panel>
  )
}
