import { Button, Input, Modal } from 'antd'
import { type ReactNode, useEffect, useId, useState } from 'react'
import { useOnline } from './online.ts'
import { Problem } from './problem.tsx'
import { defineTexts, useTexts } from './texts.ts'

const texts = defineTexts({
  zh: { keep: '不，返回', type: '请输入 {name} 以确认' },
  en: { keep: 'No, go back', type: 'Type {name} to confirm' },
})

export type ConfirmProps = {
  readonly open: boolean
  /** A question that names the thing: «取消分析 …？». */
  readonly title: string
  /** What then is so, with money and time. */
  readonly children: ReactNode
  /** Verb and object. */
  readonly act: string
  readonly danger?: boolean
  /** Not reversible: this must be typed. */
  readonly typeName?: string
  readonly onConfirm: () => Promise<unknown>
  readonly onClose: () => void
}

/** Asks before something that matters. The safe button comes first and has the focus; a failure stays on view. */
export function Confirm(props: ConfirmProps) {
  const t = useTexts(texts)
  const id = useId()
  const { reason } = useOnline()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const [typed, setTyped] = useState('')
  useEffect(() => {
    if (props.open) return
    setTyped('')
    setError(undefined)
  }, [props.open])
  const confirm = async () => {
    setBusy(true)
    setError(undefined)
    try {
      await props.onConfirm()
      props.onClose()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  const unnamed = props.typeName !== undefined && typed.trim() !== props.typeName
  return (
    <Modal
      open={props.open}
      title={props.title}
      onCancel={props.onClose}
      mask={{ closable: false }}
      closable={false}
      destroyOnHidden
      footer={
        <div className="bh-row bh-row-end">
          <Button autoFocus onClick={props.onClose} disabled={busy}>
            {t('keep')}
          </Button>
          <Button
            type="primary"
            danger={props.danger ?? false}
            loading={busy}
            disabled={unnamed || reason !== undefined}
            onClick={() => void confirm()}
          >
            {props.act}
          </Button>
        </div>
      }
    >
      <div className="bh-stack">
        <div>{props.children}</div>
        {props.typeName !== undefined && (
          <div>
            <label htmlFor={id}>{t('type', { name: props.typeName })}</label>
            <Input id={id} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
          </div>
        )}
        {reason !== undefined && <p className="bh-act-reason">{reason}</p>}
        {error !== undefined && <Problem error={error} />}
      </div>
    </Modal>
  )
}
