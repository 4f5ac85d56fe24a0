import { Input } from 'antd'
import { useEffect, useId, useState } from 'react'
import { Confirm } from '../shared/confirm.tsx'
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

/** An act for somebody else that the audit keeps with its reason. */
export function ReasonDialog({ open, title, said, act, onConfirm, onClose }: ReasonDialogProps) {
  const t = useTexts(consentTexts)
  const id = useId()
  const [reason, setReason] = useState('')
  const [short, setShort] = useState(false)
  useEffect(() => {
    if (!open) return
    setReason('')
    setShort(false)
  }, [open])
  const confirm = async () => {
    const isShort = reason.trim().length < 3
    setShort(isShort)
    if (isShort) throw new Error('a reason is needed')
    await onConfirm(reason.trim())
  }
  return (
    <Confirm open={open} title={title} act={act} danger onConfirm={confirm} onClose={onClose}>
      <div className="bh-stack">
        <p>{said}</p>
        <label htmlFor={id}>{t('reason')}</label>
        <Input id={id} value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
        {short && (
          <p role="alert" className="bh-form-problem">
            {t('reasonShort')}
          </p>
        )}
      </div>
    </Confirm>
  )
}
