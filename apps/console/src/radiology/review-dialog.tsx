import {
  REJECT_REASONS,
  type RejectReason,
  type ReportDetail,
  type ReviewRequest,
  type Verdict,
} from '@bithive/api/reports'
import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal, Radio } from 'antd'
import { useEffect, useId, useState } from 'react'
import { z } from 'zod'
import { call } from '../shared/call.ts'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { radiologyTexts } from './texts.ts'

type Props = {
  readonly reportId: string
  readonly verdict: Verdict | undefined
  readonly findings: ReviewRequest['findings']
  readonly onClose: () => void
}

const Answer = z.custom<ReportDetail['review']>((value) => typeof value === 'object' && value !== null)

/** Asks for the reason of a rejection, or for a last look before an acceptance, and records it. */
export function ReviewDialog({ reportId, verdict, findings, onClose }: Props) {
  const t = useTexts(radiologyTexts)
  const client = useQueryClient()
  const [reasonId, textId] = [useId(), useId()]
  const [reason, setReason] = useState<RejectReason>()
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  useEffect(() => {
    if (verdict === undefined) return
    setReason(undefined)
    setText('')
    setError(undefined)
  }, [verdict])
  const rejecting = verdict === 'rejected'
  const missing = rejecting && (reason === undefined || (reason === 'other' && text.trim() === ''))
  const send = async () => {
    if (verdict === undefined || missing) return
    setBusy(true)
    setError(undefined)
    try {
      const body: ReviewRequest = {
        verdict,
        ...(rejecting && reason ? { reason } : {}),
        ...(text.trim() === '' ? {} : { text: text.trim() }),
        ...(findings && findings.length > 0 ? { findings } : {}),
      }
      await call(Answer, `/site/v1/reports/${reportId}/review`, { method: 'POST', body })
      await client.invalidateQueries({ queryKey: ['reports'] })
      await client.invalidateQueries({ queryKey: ['studies', 'worklist-row'] })
      await client.invalidateQueries({ queryKey: ['studies', 'worklist'] })
      onClose()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open={verdict !== undefined}
      title={t(rejecting ? 'rejectTitle' : 'acceptTitle')}
      onCancel={onClose}
      closable={false}
      mask={{ closable: false }}
      destroyOnHidden
      footer={
        <div className="bh-row bh-row-end">
          <Button onClick={onClose} disabled={busy}>
            {t(rejecting ? 'rejectKeep' : 'close')}
          </Button>
          <Button
            type="primary"
            danger={rejecting}
            loading={busy}
            disabled={missing}
            autoFocus={!rejecting}
            onClick={() => void send()}
          >
            {t(rejecting ? 'rejectAct' : 'acceptAct')}
          </Button>
        </div>
      }
    >
      <form
        className="bh-stack"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        {rejecting && (
          <div>
            <p id={reasonId}>
              <strong>{t('reason')}</strong>
            </p>
            <Radio.Group
              aria-labelledby={reasonId}
              className="rad-reasons"
              value={reason}
              onChange={(event) => setReason(event.target.value as RejectReason)}
              options={REJECT_REASONS.map((value) => ({ value, label: t(value) }))}
            />
          </div>
        )}
        <div>
          <label htmlFor={textId}>{t(reason === 'other' ? 'reasonTextNeeded' : 'reasonText')}</label>
          <Input.TextArea
            id={textId}
            value={text}
            maxLength={500}
            autoSize={{ minRows: 2, maxRows: 6 }}
            dir="auto"
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <p className="bh-small">{t('unsigned')}</p>
        <p className="bh-small">{t('moneyStays')}</p>
        {rejecting && reason === undefined && <p className="bh-act-reason">{t('reasonMissing')}</p>}
        {error !== undefined && <Problem error={error} />}
      </form>
    </Modal>
  )
}
