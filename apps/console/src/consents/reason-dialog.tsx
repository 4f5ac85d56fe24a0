import { Input } from 'antd'
import { useEffect, useId, useState } from 'react'
import { ApiProblem } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { preferences } from '../shared/preferences.ts'
import { useTexts } from '../shared/texts.ts'
import { consentTexts } from './texts.ts'

export type ReasonDialogProps = {
  readonly open: boolean
  readonly title: string
  readonly said: string
  readonly act: string
  readonly onConfirm: (reason: string) => Promise<unknown>
  readonly onClose: () => void
}

const TOO_SHORT = {
  zh: { title: '请写明理由', notDone: '没有执行任何操作。', todo: '请至少写 3 个字，然后再试。' },
  en: {
    title: 'A reason is needed',
    notDone: 'Nothing was done.',
    todo: 'Write at least 3 characters, then try again.',
  },
}

const tooShort = () => {
  const said = TOO_SHORT[preferences().locale]
  return new ApiProblem({ code: 'console.reason-needed', status: 0, facts: {}, text: TOO_SHORT, ...said })
}

/** An act for somebody else that the audit keeps with its reason. */
export function ReasonDialog({ open, title, said, act, onConfirm, onClose }: ReasonDialogProps) {
  const t = useTexts(consentTexts)
  const id = useId()
  const [reason, setReason] = useState('')
  useEffect(() => {
    if (open) setReason('')
  }, [open])
  const confirm = async () => {
    if (reason.trim().length < 3) throw tooShort()
    await onConfirm(reason.trim())
  }
  return (
    <Confirm open={open} title={title} act={act} danger onConfirm={confirm} onClose={onClose}>
      <div className="bh-stack">
        <p>{said}</p>
        <label htmlFor={id}>{t('reason')}</label>
        <Input id={id} value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
      </div>
    </Confirm>
  )
}
