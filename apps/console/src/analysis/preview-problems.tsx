import type { OrderPreview, OrderProblem } from '@bithive/api/orders'
import { Link } from '@tanstack/react-router'
import { BadIcon, TodoIcon } from '../shared/icons.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { analysisTexts } from './texts.ts'

function Said({ problem, warning }: { readonly problem: OrderProblem; readonly warning?: boolean }) {
  const said = useLocalText()
  return (
    <div className={warning ? 'bh-problem analysis-warning' : 'bh-problem'} role={warning ? 'status' : 'alert'}>
      {warning ? <TodoIcon /> : <BadIcon />}
      <div>
        <p className="bh-problem-title">{said(problem.title)}</p>
        <p>{said(problem.notDone)}</p>
        <p>{said(problem.todo)}</p>
        <p className="bh-small">
          <code>{problem.code}</code>
        </p>
      </div>
    </div>
  )
}

/** What keeps the order from being made, and what is worth knowing before it is. */
export function PreviewProblems(props: { readonly preview: OrderPreview; readonly studyId: string | undefined }) {
  const t = useTexts(analysisTexts)
  const { problems, warnings } = props.preview
  const aboutConsent = problems.some(({ code }) => code.startsWith('consent.'))
  return (
    <>
      {problems.map((problem) => (
        <Said key={problem.code} problem={problem} />
      ))}
      {aboutConsent && props.studyId && (
        <p>
          <Link to={`/studies/${props.studyId}` as string}>{t('openStudy')}</Link>
        </p>
      )}
      {warnings.map((problem) => (
        <Said key={problem.code} problem={problem} warning />
      ))}
    </>
  )
}
