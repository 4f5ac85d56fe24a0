import type { OrderDetail, OrderStage } from '@bithive/api/orders'
import { now } from '../shared/now.ts'
import { Stages } from '../shared/stages.tsx'
import { useLocalText } from '../shared/texts.ts'
import { useNow } from '../shared/use-now.ts'

type Folded = Omit<OrderStage, 'key'> & { readonly key: string }

/** Bad or unknown shows first, then what goes on now. */
const STRONGEST = ['bad', 'unknown', 'now', 'next', 'done'] as const

/** Two stages that a person thinks of as one: from the first's beginning to the second's end. */
function fold(first: OrderStage, second: OrderStage): Folded {
  const state =
    first.state === 'done' && second.state === 'done'
      ? 'done'
      : first.state === 'done' && second.state === 'next'
        ? 'now'
        : (STRONGEST.find((one) => one === first.state || one === second.state) ?? 'next')
  const at = first.at ?? second.at
  const parts = [first.ms, second.ms].filter((ms) => ms !== undefined)
  const fact = second.fact ?? first.fact
  return {
    key: second.key,
    title: state === 'next' || second.state === 'next' ? first.title : second.title,
    state,
    ...(at === undefined ? {} : { at }),
    ...(state === 'done' && parts.length > 0 ? { ms: parts.reduce((sum, ms) => sum + ms, 0) } : {}),
    ...(fact ? { fact } : {}),
  }
}

/** The eight stages of an order as the six of the timeline; every one has its own line among the steps below. */
export function foldStages(stages: readonly OrderStage[]): readonly Folded[] {
  const of = (key: OrderStage['key']) => stages.find((stage) => stage.key === key) as OrderStage
  return [
    fold(of('ordered'), of('queued')),
    of('leased'),
    of('staged'),
    of('running'),
    fold(of('returned'), of('checked')),
    of('settled'),
  ]
}

export function JobStages({ detail }: { readonly detail: OrderDetail }) {
  const said = useLocalText()
  const live = useNow(detail.order.ended ? 60_000 : 1_000)
  const items = foldStages(detail.stages).map(({ key, title, state, at, ms, fact }) => {
    const lasted = state === 'now' && at !== undefined ? Math.max(0, Math.min(live, now()) - at) : ms
    return {
      key,
      title: said(title),
      state,
      ...(at === undefined ? {} : { at }),
      ...(lasted === undefined ? {} : { ms: lasted }),
      ...(fact ? { fact: said(fact) } : {}),
    }
  })
  return (
    <div className="jobs-timeline">
      <Stages items={items} />
    </div>
  )
}
