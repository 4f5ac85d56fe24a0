import { ConsentRequestView, ConsentView, Purpose } from '@bithive/api/consent'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Checkbox, Input, InputNumber, Select } from 'antd'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { sayDataOf, sayPurposeOf, sayRecipients } from '../patient/index.ts'
import { Act } from '../shared/act.tsx'
import { call } from '../shared/call.ts'
import { now } from '../shared/now.ts'
import { Problem } from '../shared/problem.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { consentTexts } from './texts.ts'

const DAY_MS = 86_400_000
const DATA_CLASSES = ['imaging', 'imaging.chest', 'imaging.ct', 'imaging.mr', 'imaging.head'] as const
const KINDS = ['hospital', 'computing-centre', 'data-centre', 'home'] as const
const PLACE = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/

export type TermsFormProps = {
  readonly personId: string
  /** A form on paper that was signed, or a question to the patient. */
  readonly kind: 'paper' | 'ask'
  readonly onDone: () => void
}

type Fault = 'placesBad' | 'formNeeded' | 'formInsecure' | 'whyShort' | 'recipientsNeeded'

async function sha256(file: File): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function Line({ label, children }: { readonly label: string; readonly children: (id: string) => ReactNode }) {
  const id = useId()
  return (
    <div className="consent-line">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  )
}

/** What is allowed or asked for, field by field. */
export function TermsForm({ personId, kind, onDone }: TermsFormProps) {
  const t = useTexts(consentTexts)
  const locale = useLocale()
  const queries = useQueryClient()
  const [purpose, setPurpose] = useState<Purpose>(kind === 'paper' ? 'care' : 'research')
  const [dataClass, setDataClass] = useState<string>('imaging')
  const [kinds, setKinds] = useState<readonly string[]>(['hospital'])
  const [places, setPlaces] = useState('CN')
  const [days, setDays] = useState(365)
  const [answerDays, setAnswerDays] = useState(14)
  const [why, setWhy] = useState('')
  const [form, setForm] = useState<File>()
  const [fault, setFault] = useState<Fault>()

  const jurisdictions = places.split(/[,，、\s]+/).filter((place) => place !== '')
  const findFault = (): Fault | undefined => {
    if (kinds.length === 0) return 'recipientsNeeded'
    if (jurisdictions.length === 0 || !jurisdictions.every((place) => PLACE.test(place))) return 'placesBad'
    if (kind === 'ask') return why.trim().length < 10 ? 'whyShort' : undefined
    if (!form) return 'formNeeded'
    return globalThis.crypto?.subtle ? undefined : 'formInsecure'
  }
  const save = useMutation({
    mutationFn: async () => {
      const terms = { personId, purpose, dataClass, recipientKinds: kinds, regions: [], jurisdictions }
      if (kind === 'ask') {
        const body = { ...terms, days, why: why.trim(), answerBy: now() + answerDays * DAY_MS }
        return call(ConsentRequestView, '/site/v1/consent-requests', { method: 'POST', body })
      }
      const evidenceSha256 = await sha256(form as File)
      const body = { ...terms, from: now(), to: now() + days * DAY_MS, evidenceSha256 }
      return call(ConsentView, '/site/v1/consents', { method: 'POST', body })
    },
    onSuccess: () => {
      onDone()
      return queries.invalidateQueries({ queryKey: ['consents'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const found = findFault()
    setFault(found)
    if (found === undefined) save.mutate()
  }
  return (
    <form onSubmit={submit} className="bh-stack">
      <Line label={t('purpose')}>
        {(id) => (
          <Select
            id={id}
            value={purpose}
            onChange={setPurpose}
            options={Purpose.options.map((value) => ({ value, label: sayPurposeOf(value, locale) }))}
            style={{ width: '100%' }}
          />
        )}
      </Line>
      <Line label={t('data')}>
        {(id) => (
          <Select
            id={id}
            value={dataClass}
            onChange={setDataClass}
            options={DATA_CLASSES.map((value) => ({ value, label: sayDataOf(value, locale) }))}
            style={{ width: '100%' }}
          />
        )}
      </Line>
      <fieldset className="consent-kinds">
        <legend>{t('recipients')}</legend>
        <Checkbox.Group
          value={[...kinds]}
          onChange={setKinds}
          options={KINDS.map((value) => ({ value, label: sayRecipients([value], locale) }))}
        />
      </fieldset>
      <Line label={t('places')}>
        {(id) => <Input id={id} value={places} onChange={(event) => setPlaces(event.target.value.toUpperCase())} />}
      </Line>
      <Line label={t('days')}>
        {(id) => (
          <InputNumber id={id} min={1} max={3650} precision={0} value={days} onChange={(next) => setDays(next ?? 1)} />
        )}
      </Line>
      {kind === 'paper' ? (
        <Line label={t('form')}>
          {(id) => <input id={id} type="file" onChange={(event) => setForm(event.target.files?.[0])} />}
        </Line>
      ) : (
        <>
          <Line label={t('why')}>
            {(id) => (
              <Input.TextArea
                id={id}
                value={why}
                maxLength={600}
                autoSize={{ minRows: 3 }}
                dir="auto"
                onChange={(event) => setWhy(event.target.value)}
              />
            )}
          </Line>
          <Line label={t('answerDays')}>
            {(id) => (
              <InputNumber
                id={id}
                min={1}
                max={365}
                precision={0}
                value={answerDays}
                onChange={(next) => setAnswerDays(next ?? 1)}
              />
            )}
          </Line>
        </>
      )}
      {fault !== undefined && (
        <p role="alert" className="bh-form-problem">
          {t(fault)}
        </p>
      )}
      {save.error && <Problem error={save.error} />}
      <div className="bh-row">
        <Button onClick={onDone}>{t('canceled')}</Button>
        <Act type="primary" htmlType="submit" loading={save.isPending} onlyOnline>
          {t(kind === 'paper' ? 'save' : 'send')}
        </Act>
      </div>
    </form>
  )
}
