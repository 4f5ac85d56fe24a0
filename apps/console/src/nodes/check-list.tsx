import type { JoinCheck } from '@bithive/api/nodes'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { nodeTexts } from './texts.ts'

const SHOWN: Readonly<
  Record<JoinCheck['state'], { tone: Tone; word: 'checkDone' | 'checkWaiting' | 'checkWarning' | 'checkFailed' }>
> = {
  done: { tone: 'ok', word: 'checkDone' },
  waiting: { tone: 'off', word: 'checkWaiting' },
  warning: { tone: 'todo', word: 'checkWarning' },
  failed: { tone: 'bad', word: 'checkFailed' },
}

/** The way from a token to the first payment; what changes is said politely, once. */
export function CheckList({ checks }: { readonly checks: readonly JoinCheck[] }) {
  const t = useTexts(nodeTexts)
  const said = useLocalText()
  const passed = checks.filter(({ state }) => state === 'done').length
  return (
    <>
      <p className="bh-small" role="status">
        {t('checksDone', { count: passed, all: checks.length })}
      </p>
      <ol className="bh-checks">
        {checks.map(({ key, state, title, fact, cure, at }) => (
          <li key={key} data-check={key} data-state={state}>
            <StatusTag tone={SHOWN[state].tone} waiting={state === 'waiting'}>
              {t(SHOWN[state].word)}
            </StatusTag>
            <div>
              <strong>{said(title)}</strong> {at !== undefined && <Time at={at} />}
              <div className="bh-small" dir="auto">
                {said(fact)}
              </div>
              {cure !== undefined && state !== 'done' && <div className="bh-small bh-cure">{said(cure)}</div>}
            </div>
          </li>
        ))}
      </ol>
    </>
  )
}
