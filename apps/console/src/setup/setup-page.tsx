import { SetupState } from '@bithive/api/operations'
import { Button, Input } from 'antd'
import { type ComponentType, useCallback, useEffect, useId, useRef, useState } from 'react'
import { ApiProblem } from '../shared/call.ts'
import { Loading } from '../shared/loading.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { DicomStep, PacsStep } from './dicom-steps.tsx'
import { AdministratorStep, LanguageStep, OrganisationStep, type StepProps } from './first-steps.tsx'
import { BackupStep, ChainStep, DatabaseStep, DoneStep, MoneyStep, StorageStep } from './last-steps.tsx'
import { keepSetupCode, setupCall, takeSetupCode } from './setup-call.ts'
import { setupTexts } from './texts.ts'

const STEPS = [
  { key: 'language', Step: LanguageStep },
  { key: 'organisation', Step: OrganisationStep },
  { key: 'administrator', Step: AdministratorStep },
  { key: 'dicom', Step: DicomStep },
  { key: 'pacs', Step: PacsStep },
  { key: 'storage', Step: StorageStep },
  { key: 'database', Step: DatabaseStep },
  { key: 'chain', Step: ChainStep },
  { key: 'backup', Step: BackupStep },
  { key: 'money', Step: MoneyStep },
  { key: 'done', Step: DoneStep },
] as const satisfies readonly { key: keyof typeof setupTexts.zh; Step: ComponentType<StepProps> }[]

const AT = 'bithive-setup-step'

/** Where to go on: what must come first and is not there yet, else the step that was open in this tab. */
function startAt(state: SetupState): number {
  if (!state.organisation) return Math.min(1, Number(sessionStorage.getItem(AT)) || 0)
  if (!state.administrator) return 2
  return Math.max(3, Math.min(STEPS.length - 1, Number(sessionStorage.getItem(AT)) || 3))
}

function AskCode({ onCode }: { readonly onCode: () => void }) {
  const t = useTexts(setupTexts)
  const id = useId()
  const [code, setCode] = useState('')
  return (
    <form
      className="bh-stack"
      onSubmit={(event) => {
        event.preventDefault()
        keepSetupCode(code.trim())
        onCode()
      }}
    >
      <p>{t('askCode')}</p>
      <div>
        <label htmlFor={id}>{t('code')}</label>
        <Input id={id} value={code} autoComplete="off" spellCheck={false} onChange={(e) => setCode(e.target.value)} />
      </div>
      <div>
        <Button type="primary" htmlType="submit" disabled={code.trim() === ''}>
          {t('open')}
        </Button>
      </div>
    </form>
  )
}

function Wizard({
  first,
  state,
  onState,
}: {
  readonly first: number
  readonly state: SetupState
  readonly onState: (state: SetupState) => void
}) {
  const t = useTexts(setupTexts)
  const [at, setAt] = useState(first)
  const heading = useRef<HTMLDivElement>(null)
  const go = (next: number) => {
    sessionStorage.setItem(AT, String(next))
    setAt(next)
    // A new step begins at its top, for the eye and for whoever listens.
    heading.current?.focus()
  }
  const step = STEPS[at] ?? STEPS[0]
  const { Step } = step
  const lowest = state.administrator ? 3 : 0
  return (
    <div data-step={step.key}>
      <div ref={heading} tabIndex={-1} className="bh-small" role="status">
        {t('step', { at: at + 1, of: STEPS.length })}
      </div>
      <Panel title={t(step.key)}>
        <Step key={step.key} state={state} onState={onState} onNext={() => go(Math.min(at + 1, STEPS.length - 1))} />
      </Panel>
      {at > lowest && (
        <Button type="link" onClick={() => go(at - 1)}>
          {t('back')}
        </Button>
      )}
    </div>
  )
}

/** The first-run wizard: the code of the start opens it, and from the third step on the administrator's own session. */
export function SetupPage() {
  const t = useTexts(setupTexts)
  const [state, setState] = useState<SetupState>()
  const [error, setError] = useState<unknown>()
  const [asking, setAsking] = useState(false)
  const read = useCallback(async () => {
    setError(undefined)
    try {
      setState(await setupCall(SetupState, '/state'))
      setAsking(false)
    } catch (failure) {
      const code = failure instanceof ApiProblem ? failure.problem.code : ''
      setAsking(code === 'http.not-signed-in' || code === 'operations.setup-code-wrong' || code === 'http.forbidden')
      if (code === 'operations.setup-code-wrong') keepSetupCode('')
      if (code !== 'http.not-signed-in') setError(failure)
    }
  }, [])
  useEffect(() => {
    document.title = `${t('title')} · BitHive`
  }, [t])
  useEffect(() => {
    takeSetupCode()
    void read()
  }, [read])
  return (
    <>
      <h1>{t('title')}</h1>
      <p>{t('about')}</p>
      {!state && !asking && error === undefined && <Loading />}
      {asking && (
        <>
          <AskCode onCode={() => void read()} />
          <p>
            {t('over')} <a href="/">{t('signIn')}</a>
          </p>
        </>
      )}
      {error !== undefined && <Problem error={error} onRetry={() => void read()} />}
      {state && <Wizard first={startAt(state)} state={state} onState={setState} />}
    </>
  )
}
