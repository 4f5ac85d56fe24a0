import type { OrderDetail } from '@bithive/api/orders'
import { Progress } from 'antd'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { formatPercent } from '../shared/format.ts'
import { Panel } from '../shared/panel.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { Why } from '../shared/why.tsx'
import { isKnownPart, partTexts } from './part-texts.ts'
import { placeName } from './place-name.ts'
import { jobTexts } from './texts.ts'

/** Who computes: what the network holds of the node that has the lease. */
export function JobNode({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const { node, order, attempts } = detail
  const { progress } = order
  const locale = useLocale()
  const part = useTexts(partTexts)
  return (
    <Panel title={t('nodePanel')} extra={attempts > 1 ? t('attempts', { count: attempts }) : undefined}>
      {!node ? (
        <Empty>{t('noNode')}</Empty>
      ) : (
        <Facts
          items={[
            { key: 'node', label: t('node'), value: <strong dir="auto">{node.nodeName}</strong> },
            { key: 'owner', label: t('owner'), value: t(node.ownerKind) },
            { key: 'place', label: t('place'), value: <span dir="auto">{placeName(node, locale)}</span> },
            { key: 'epoch', label: t('epoch'), value: t('epochFact', { epoch: node.epoch }) },
            ...(order.ended
              ? []
              : [{ key: 'until', label: t('leaseUntil'), value: <Time at={node.expiresAt} relative /> }]),
            ...(progress
              ? [
                  {
                    key: 'progress',
                    label: t('progress'),
                    value: (
                      <span className="bh-row">
                        <Progress
                          percent={Math.round(progress.fraction * 100)}
                          showInfo={false}
                          aria-label={t('progress')}
                          className="jobs-progress"
                        />
                        {formatPercent(progress.fraction)}{' '}
                        {isKnownPart(progress.stage) && <span className="bh-small">{part(progress.stage)}</span>}
                      </span>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
    </Panel>
  )
}

/** Why this node and no other, with counts that add up to all that were compared. */
export function JobWhy({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const said = useLocalText()
  const { why } = detail
  const title = why?.chosen || detail.node ? t('why') : t('whyWaiting')
  if (!why) return <Why title={title} reasons={[{ key: 'none', text: t('notLooked') }]} />
  const reasons = why.groups.map(({ code, text, count, nodes }) => ({
    key: code,
    count,
    text: said(text),
    fix: (
      <ul>
        {nodes.slice(0, 20).map(({ nodeName, text: sentence }) => (
          <li key={nodeName}>
            <span>
              <strong dir="auto">{nodeName}</strong> {said(sentence)}
            </span>
          </li>
        ))}
      </ul>
    ),
  }))
  const chosen = why.chosen
    ? [
        {
          key: 'chosen',
          lead: true,
          text: (
            <>
              <strong>{t('chosenNode')}</strong> <span dir="auto">{why.chosen.nodeName}</span>
            </>
          ),
          fix: said(why.chosen.text),
        },
      ]
    : []
  return (
    <Why
      title={title}
      reasons={[...chosen, ...reasons]}
      counted={(count) => t('nodes', { count })}
      note={t('looked', { count: why.looked })}
    />
  )
}
