import type { OrderView } from '@bithive/api/orders'
import { formatPercent } from './format.ts'
import { StatusTag, type Tone } from './status-tag.tsx'
import { useLocalText } from './texts.ts'

const TONES: Readonly<Record<OrderView['state'], Tone>> = {
  draft: 'off',
  preparing: 'run',
  ordered: 'off',
  leased: 'run',
  staged: 'run',
  returned: 'run',
  verified: 'run',
  filed: 'run',
  accepted: 'run',
  settled: 'ok',
  refused: 'bad',
  failed: 'bad',
  cancelled: 'off',
  unknown: 'unknown',
}

/** An order's state as a tag: icon, word, colour; with the node's progress while it computes. */
export function OrderStatus({ order }: { readonly order: Pick<OrderView, 'state' | 'stateText' | 'progress'> }) {
  const said = useLocalText()
  const { state, progress } = order
  const waits = state === 'ordered' || state === 'draft'
  return (
    <StatusTag tone={TONES[state]} waiting={waits}>
      {said(order.stateText)}
      {progress ? ` ${formatPercent(progress.fraction)}` : ''}
    </StatusTag>
  )
}
