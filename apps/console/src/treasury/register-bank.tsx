import { useState } from 'react'
import { Act } from '../shared/act.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { deskTexts } from './desk-texts.ts'
import { Field } from './field.tsx'
import { usePropose } from './use-propose.ts'

const FIRST = { account: '', currency: 'CNY', holder: '', bank: '', reason: '' }

/** Proposes an account of the operator at a bank; another person approves it. */
export function RegisterBank({ onDone }: { readonly onDone: () => void }) {
  const t = useTexts(deskTexts)
  const [form, setForm] = useState(FIRST)
  const propose = usePropose()
  const set = (key: keyof typeof FIRST) => (value: string) => setForm({ ...form, [key]: value })
  const send = async () => {
    const { reason, ...account } = form
    await propose.mutateAsync({ proposal: { kind: 'bank-account', ...account }, reason }).then(
      () => {
        setForm(FIRST)
        onDone()
      },
      () => undefined,
    )
  }
  return (
    <Panel title={t('registerBank')}>
      <div className="bh-stack">
        <Field label={t('accountNo')} value={form.account} onChange={set('account')} />
        <Field label={t('holder')} value={form.holder} onChange={set('holder')} />
        <Field label={t('bankName')} value={form.bank} onChange={set('bank')} />
        <Field label={t('currency')} value={form.currency} onChange={set('currency')} />
        <Field label={t('reason')} value={form.reason} onChange={set('reason')} />
        {propose.error && <Problem error={propose.error} />}
        <div className="bh-row">
          <Act onlyOnline loading={propose.isPending} onClick={() => void send()}>
            {t('propose')}
          </Act>
        </div>
      </div>
    </Panel>
  )
}
