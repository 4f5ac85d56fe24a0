import type { ReactNode } from 'react'
import { formatDuration } from './format.ts'
import { HexagonIcon } from './icons.tsx'
import { defineTexts, useLocale, useTexts } from './texts.ts'
import { Time } from './time.tsx'

export type StageState = 'done' | 'now' | 'next' | 'bad' | 'unknown'

export type Stage = {
  readonly key: string
  readonly title: string
  readonly state: StageState
  /** When it began. */
  readonly at?: number
  /** How long it took or has taken. */
  readonly ms?: number
  readonly fact?: ReactNode
}

const texts = defineTexts({
  zh: { done: '已完成', now: '进行中', next: '未开始', bad: '失败', unknown: '结果未知', took: '用时 {long}' },
  en: { done: 'done', now: 'now', next: 'to come', bad: 'failed', unknown: 'unknown', took: 'took {long}' },
})

const MARKS: Readonly<Record<StageState, ReactNode>> = {
  done: <path d="m5.2 8.2 2 2 3.6-4" />,
  now: <path d="M8 5v3l2 1.3" />,
  next: undefined,
  bad: <path d="m6 6 4 4m0-4-4 4" />,
  unknown: <path d="M6.6 6.600a1.5 1.5 0 1 1 2.1 1.400c-.5.2-.7.5-.7.900M8 10.900v.1" />,
}

/** A timeline of at most six stages. What stands in it is announced politely when it changes. */
export function Stages({ items, label }: { readonly items: readonly Stage[]; readonly label?: string }) {
  const t = useTexts(texts)
  const locale = useLocale()
  const current = items.find(({ state }) => state === 'now' || state === 'bad' || state === 'unknown')
  return (
    <>
      <ol className="bh-stages" aria-label={label}>
        {items.map(({ key, title, state, at, ms, fact }) => (
          <li key={key} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
            <HexagonIcon>{MARKS[state]}</HexagonIcon>
            <div>
              <strong>{title}</strong> <span className="bh-stage-state">{t(state)}</span>
              <div className="bh-small">
                {at !== undefined && <Time at={at} />}
                {ms !== undefined && <span> {t('took', { long: formatDuration(ms, locale) })}</span>}
              </div>
              {fact !== undefined && <div className="bh-small">{fact}</div>}
            </div>
          </li>
        ))}
      </ol>
      <span className="bh-sr" role="status">
        {current ? `${current.title} ${t(current.state)}` : ''}
      </span>
    </>
  )
}
