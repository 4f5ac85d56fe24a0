import { StatementTaken } from '@bithive/api/treasury-statements'
import { useQueryClient } from '@tanstack/react-query'
import { Upload } from 'antd'
import { useState } from 'react'
import { Act } from '../shared/act.tsx'
import { call } from '../shared/call.ts'
import { Hash } from '../shared/hash.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { type Stage, type StageState, Stages } from '../shared/stages.tsx'
import { useTexts } from '../shared/texts.ts'
import { deskTexts } from './desk-texts.ts'

type Step = 'idle' | 'reading' | 'sending' | 'done' | 'failed'

/** The file is taken when it was sent; the last stage is another person's. */
const stateOf = (at: number, step: Step): StageState => {
  const now = step === 'reading' ? 0 : step === 'sending' ? 1 : step === 'done' ? 2 : step === 'failed' ? 1 : -1
  if (at < now) return 'done'
  if (at > now) return 'next'
  return step === 'failed' ? 'bad' : 'now'
}

/** Takes a bank's file, shows how far it is, and what came of it. The file is sent as it is. */
export function UploadStatement() {
  const t = useTexts(deskTexts)
  const queries = useQueryClient()
  const [step, setStep] = useState<Step>('idle')
  const [error, setError] = useState<unknown>(undefined)
  const [answer, setAnswer] = useState<StatementTaken | undefined>(undefined)
  const send = async (file: File) => {
    setError(undefined)
    setAnswer(undefined)
    setStep('reading')
    try {
      const body = new Blob([await file.arrayBuffer()])
      setStep('sending')
      setAnswer(await call(StatementTaken, '/hub/v1/treasury/statements', { method: 'POST', body }))
      setStep('done')
    } catch (failure) {
      setError(failure)
      setStep('failed')
    } finally {
      void queries.invalidateQueries({ queryKey: ['treasury'] })
    }
  }
  const result = answer?.taken.map(({ statement, again, matched, unmatched, outgoing }) => (
    <div key={statement.statementId}>
      <span className="bh-mono">{statement.bankId}</span>{' '}
      {again ? t('again') : t('counts', { matched, unmatched, outgoing })}
      {statement.state === 'taken' && <div>{t('waiting')}</div>}
      {statement.fileSha256 !== null && <Hash value={statement.fileSha256} />}
    </div>
  ))
  const allBooked = answer?.taken.every(({ statement }) => statement.state === 'booked') ?? false
  const allEnded = answer?.taken.every(({ statement }) => statement.state !== 'taken') ?? false
  const last: StageState = allBooked ? 'done' : allEnded ? 'next' : stateOf(2, step)
  const stages: Stage[] = [
    { key: 'reading', title: t('reading'), state: stateOf(0, step) },
    { key: 'sending', title: t('sending'), state: stateOf(1, step) },
    { key: 'booking', title: t('booking'), state: last, ...(result ? { fact: result } : {}) },
  ]
  return (
    <Panel title={t('upload')}>
      <div className="bh-stack">
        <Upload
          accept=".xml,.csv,.txt"
          maxCount={1}
          showUploadList={false}
          beforeUpload={(file) => {
            void send(file)
            return false
          }}
        >
          <Act type="primary" onlyOnline loading={step === 'reading' || step === 'sending'}>
            {t('choose')}
          </Act>
        </Upload>
        <p className="bh-small">{t('uploadHint')}</p>
        {step !== 'idle' && <Stages items={stages} label={t('upload')} />}
        {error !== undefined && <Problem error={error} />}
      </div>
    </Panel>
  )
}
