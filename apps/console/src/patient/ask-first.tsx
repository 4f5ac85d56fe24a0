import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../m/button.tsx'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { patientTexts } from './texts.ts'

export type AskFirstProps = {
  readonly act: string
  /** What then is so. */
  readonly said: string
  readonly onConfirm: () => Promise<unknown>
}

/** An act that is told before it is done; the safe button comes first. */
export function AskFirst({ act, said, onConfirm }: AskFirstProps) {
  const t = useTexts(patientTexts)
  const [asking, setAsking] = useState(false)
  const confirm = useMutation({ mutationFn: onConfirm, onSuccess: () => setAsking(false) })
  if (!asking) return <Button onClick={() => setAsking(true)}>{act}</Button>
  return (
    <div className="m-stack">
      <p role="status">{said}</p>
      {confirm.error && <Problem error={confirm.error} />}
      <div className="m-pair">
        <Button onClick={() => setAsking(false)}>{t('keep')}</Button>
        <Button kind="danger" busy={confirm.isPending} onClick={() => confirm.mutate()} onlyOnline>
          {act}
        </Button>
      </div>
    </div>
  )
}
