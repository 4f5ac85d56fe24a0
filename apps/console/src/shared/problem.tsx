import type { ReactNode } from 'react'
import { ApiProblem } from './call.ts'
import { CopyButton } from './copy-button.tsx'
import { BadIcon } from './icons.tsx'
import type { LocalText } from './locale.ts'
import { defineTexts, useLocale, useTexts } from './texts.ts'

const texts = defineTexts({
  zh: {
    broken: '页面出错了',
    brokenNotDone: '您刚才看到的内容没有改动。',
    brokenTodo: '请重试；仍然这样时刷新页面。',
    code: '代码',
    request: '请求编号',
    retry: '重试',
  },
  en: {
    broken: 'This page went wrong',
    brokenNotDone: 'Nothing that you saw was changed.',
    brokenTodo: 'Try again. If it stays, reload the page.',
    code: 'Code',
    request: 'Request id',
    retry: 'Try again',
  },
})

export type ProblemProps = {
  readonly error: unknown
  readonly onRetry?: () => void
  /** More that the reader can do. */
  readonly actions?: ReactNode
  /** For what this was, when the title alone does not say. */
  readonly what?: LocalText
}

/** An error in place: what happened, what was not done, what to do, and the id that helps the operator find it. */
export function Problem({ error, onRetry, actions, what }: ProblemProps) {
  const t = useTexts(texts)
  const locale = useLocale()
  const problem = error instanceof ApiProblem ? error.problem : undefined
  const said = problem?.text[locale] ?? { title: t('broken'), notDone: t('brokenNotDone'), todo: t('brokenTodo') }
  return (
    <div className="bh-problem" role="alert">
      <BadIcon />
      <div>
        <p className="bh-problem-title">
          {what ? `${what[locale]}${locale === 'zh' ? '：' : ': '}` : ''}
          {said.title}
        </p>
        <p>{said.notDone}</p>
        <p>{said.todo}</p>
        <p className="bh-small">
          {t('code')} <code>{problem?.code ?? 'console.broken'}</code>
          {problem?.requestId && (
            <>
              {' · '}
              {t('request')} <code>{problem.requestId}</code>
              <CopyButton value={problem.requestId} what={t('request')} />
            </>
          )}
        </p>
        {(onRetry || actions) && (
          <div className="bh-row">
            {onRetry && (
              <button type="button" className="bh-button" onClick={onRetry}>
                {t('retry')}
              </button>
            )}
            {actions}
          </div>
        )}
      </div>
    </div>
  )
}
