import { MyLink } from '@bithive/api/patient'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from '../m/button.tsx'
import { Card } from '../m/card.tsx'
import { Field } from '../m/field.tsx'
import { call } from '../shared/call.ts'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { LINK_KEY } from './my-link.ts'
import { patientTexts } from './texts.ts'

/** 19500203, 1950-02-03, 1950.2.3 or 1950年2月3日 as `YYYY-MM-DD`; undefined when it is no day. */
export function readBirthDate(typed: string): string | undefined {
  const text = typed.normalize('NFKC').trim()
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? /^(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*$/.exec(text)
  if (!match) return undefined
  const [year = '', month = '', day = ''] = match.slice(1)
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const date = new Date(`${iso}T00:00:00Z`)
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso ? undefined : iso
}

/** Links the account to the person: the code from the hospital and a fact that only the person knows. */
export function ClaimForm() {
  const t = useTexts(patientTexts)
  const queries = useQueryClient()
  const [code, setCode] = useState('')
  const [birth, setBirth] = useState('')
  const [bad, setBad] = useState(false)
  const claim = useMutation({
    mutationFn: (body: { code: string; birthDate: string }) =>
      call(MyLink, '/site/v1/me/link', { method: 'POST', body }),
    onSuccess: (link) => queries.setQueryData(LINK_KEY, link),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const birthDate = readBirthDate(birth)
    setBad(birthDate === undefined)
    if (birthDate !== undefined && code.trim() !== '') claim.mutate({ code, birthDate })
  }
  return (
    <Card title={t('claimTitle')}>
      <p>{t('claimAbout')}</p>
      <form className="m-stack" onSubmit={submit}>
        <Field label={t('claimCode')} value={code} onChange={setCode} autoComplete="one-time-code" />
        <Field label={t('claimBirth')} value={birth} onChange={setBirth} autoComplete="bday" />
        {bad && (
          <p role="alert" className="p-note">
            {t('claimBirthBad')}
          </p>
        )}
        {claim.error && <Problem error={claim.error} />}
        <Button type="submit" kind="primary" busy={claim.isPending} onlyOnline>
          {t('claimAct')}
        </Button>
      </form>
    </Card>
  )
}
