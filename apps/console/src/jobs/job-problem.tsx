import type { OrderDetail } from '@bithive/api/orders'
import { BadIcon, UnknownIcon } from '../shared/icons.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { jobTexts } from './texts.ts'

/** What stands in the order's way, or ended it: what happened, what was not done, what to do. */
export function JobProblem({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const said = useLocalText()
  const { problemText, state, ended } = detail.order
  if (!problemText) return null
  const open = !ended
  return (
    <div className={open ? 'bh-problem jobs-waiting' : 'bh-problem'} role="status">
      {open ? <UnknownIcon /> : <BadIcon />}
      <div>
        <p className="bh-problem-title">
          {ended && `${t('refusedTitle')} · `}
          {said(problemText.title)}
        </p>
        <p>{said(problemText.notDone)}</p>
        <p>{said(problemText.todo)}</p>
        <p className="bh-small">
          <code>{problemText.code}</code> · {state}
        </p>
      </div>
    </div>
  )
}
