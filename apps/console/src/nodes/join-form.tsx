import { NodeTokenCreated } from '@bithive/api/compute'
import type { NodeOptions } from '@bithive/api/nodes'
import { AutoComplete, Checkbox, Input, Select } from 'antd'
import { type FormEvent, useId, useState } from 'react'
import { Act } from '../shared/act.tsx'
import { call } from '../shared/call.ts'
import { Problem } from '../shared/problem.tsx'
import { useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { nodeTexts } from './texts.ts'

const HOUR = 3_600_000
const REGION = /^[a-z][a-z0-9-]{1,31}$/
const JURISDICTION = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/

/** What the node will be, fixed in its token: nothing that the network has not granted is offered. */
export function JoinForm(props: { readonly options: NodeOptions; readonly onMade: (made: NodeTokenCreated) => void }) {
  const { options } = props
  const t = useTexts(nodeTexts)
  const { networkBase } = useSession()
  const ids = { kind: useId(), region: useId(), jurisdiction: useId(), valid: useId(), wrong: useId(), place: useId() }
  const [ownerKind, setOwnerKind] = useState(options.ownerKinds[0])
  const [region, setRegion] = useState(options.regions[0] ?? '')
  const [jurisdiction, setJurisdiction] = useState(options.jurisdiction ?? '')
  const [trusted, setTrusted] = useState(options.mayBeTrusted)
  const [ttlMs, setTtlMs] = useState(24 * HOUR)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const wrongRegion = region !== '' && !REGION.test(region)
  const wrongPlace = jurisdiction !== '' && !JURISDICTION.test(jurisdiction)
  const ready = ownerKind !== undefined && REGION.test(region) && JURISDICTION.test(jurisdiction)
  const make = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const body = { ownerKind, region, jurisdiction, trusted, ttlMs }
      props.onMade(await call(NodeTokenCreated, `${networkBase}/nodes/tokens`, { method: 'POST', body }))
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (ready && !busy) void make()
  }
  return (
    <form className="bh-form" onSubmit={submit}>
      <div className="bh-field">
        <label htmlFor={ids.kind}>{t('kind')}</label>
        <Select
          id={ids.kind}
          value={ownerKind}
          onChange={setOwnerKind}
          options={options.ownerKinds.map((value) => ({ value, label: t(value) }))}
        />
      </div>
      <div className="bh-field">
        <label htmlFor={ids.region}>{t('region')}</label>
        <AutoComplete
          id={ids.region}
          value={region}
          onChange={(value: string) => setRegion(value ?? '')}
          options={options.regions.map((value) => ({ value }))}
          aria-describedby={ids.wrong}
          aria-invalid={wrongRegion}
        />
        <span id={ids.wrong} className={wrongRegion ? 'bh-field-wrong' : 'bh-small'}>
          {wrongRegion ? t('regionBad') : t('regionHint')}
        </span>
      </div>
      <div className="bh-field">
        <label htmlFor={ids.jurisdiction}>{t('jurisdiction')}</label>
        <Input
          id={ids.jurisdiction}
          value={jurisdiction}
          onChange={(event) => setJurisdiction(event.target.value.trim().toUpperCase())}
          aria-describedby={ids.place}
          aria-invalid={wrongPlace}
        />
        <span id={ids.place} className={wrongPlace ? 'bh-field-wrong' : 'bh-small'}>
          {wrongPlace ? t('jurisdictionBad') : t('jurisdictionHint')}
        </span>
      </div>
      <div className="bh-field">
        {options.mayBeTrusted ? (
          <Checkbox checked={trusted} onChange={(event) => setTrusted(event.target.checked)}>
            {t('trusted')}
          </Checkbox>
        ) : (
          <p className="bh-small">{t('trustedNo')}</p>
        )}
      </div>
      <div className="bh-field">
        <label htmlFor={ids.valid}>{t('valid')}</label>
        <Select
          id={ids.valid}
          value={ttlMs}
          onChange={setTtlMs}
          options={[
            { value: HOUR, label: t('hour') },
            { value: 24 * HOUR, label: t('dayLong') },
            { value: 168 * HOUR, label: t('week') },
          ]}
        />
      </div>
      {error !== undefined && <Problem error={error} />}
      <Act type="primary" htmlType="submit" loading={busy} onlyOnline reason={ready ? undefined : t('regionHint')}>
        {t('make')}
      </Act>
    </form>
  )
}
