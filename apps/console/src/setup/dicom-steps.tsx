import { DicomDestination, type DicomSender, EchoOutcome, SetupState } from '@bithive/api/operations'
import { Button, Input } from 'antd'
import { useEffect, useId, useState } from 'react'
import { Facts } from '../shared/facts.tsx'
import { every } from '../shared/now.ts'
import { Problem } from '../shared/problem.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import type { StepProps } from './first-steps.tsx'
import { setupCall } from './setup-call.ts'
import { setupTexts } from './texts.ts'
import { useStep } from './use-step.ts'

const LOCAL = new Set(['127.0.0.1', '::1', 'localhost'])
const LOOK_MS = 2_000

const nameOf = ({ aeTitle, address }: DicomSender) => (address ? `${aeTitle}@${address}` : aeTitle)

/** Who may send, and who has called so far: seen live while the wizard is open. */
export function DicomStep({ state, onState, onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const id = useId()
  const [aeTitle, setAeTitle] = useState('')
  const [address, setAddress] = useState('')
  const { run, busy, error } = useStep()
  const { dicom } = state
  useEffect(() => {
    const look = () => setupCall(SetupState, '/state').then(onState, () => undefined)
    return every(LOOK_MS, () => void look())
  }, [onState])
  const allow = (senders: readonly DicomSender[]) =>
    run(async () => {
      onState(await setupCall(SetupState, '/senders', { method: 'PUT', body: { senders } }))
      setAeTitle('')
      setAddress('')
    })
  const local = LOCAL.has(dicom.host)
  const add = () => {
    const sender =
      address.trim() === '' ? { aeTitle: aeTitle.trim() } : { aeTitle: aeTitle.trim(), address: address.trim() }
    return allow([...dicom.senders.filter((one) => nameOf(one) !== nameOf(sender)), sender])
  }
  return (
    <div className="bh-stack">
      <p>{t('dicomSaid')}</p>
      <Facts
        items={[
          { key: 'ae', label: t('ourAe'), value: <code>{dicom.aeTitle}</code> },
          { key: 'host', label: t('address'), value: <code>{dicom.host}</code> },
          { key: 'port', label: t('port'), value: <code data-dicom-port>{dicom.port}</code> },
        ]}
      />
      {local && <p className="bh-small">{t('localOnly')}</p>}
      {dicom.senders.length > 0 && (
        <ul aria-label={t('allowed')}>
          {dicom.senders.map((sender) => (
            <li key={nameOf(sender)}>
              <code>{nameOf(sender)}</code>{' '}
              <Button
                size="small"
                loading={busy}
                onClick={() => void allow(dicom.senders.filter((one) => one !== sender))}
              >
                {t('remove', { name: nameOf(sender) })}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="bh-stack"
        onSubmit={(event) => {
          event.preventDefault()
          void add()
        }}
      >
        <div>
          <label htmlFor={`${id}-ae`}>{t('sender')}</label>
          <Input id={`${id}-ae`} value={aeTitle} maxLength={16} onChange={(event) => setAeTitle(event.target.value)} />
        </div>
        <div>
          <label htmlFor={`${id}-address`}>{t('senderAddress')}</label>
          <Input id={`${id}-address`} value={address} onChange={(event) => setAddress(event.target.value)} />
        </div>
        <div>
          <Button htmlType="submit" loading={busy} disabled={aeTitle.trim() === ''}>
            {t('allow')}
          </Button>
        </div>
      </form>
      {error !== undefined && <Problem error={error} />}
      <div role="status" className="bh-stack" data-heard>
        {dicom.heard.length === 0 && <p>{t('waiting')}</p>}
        {dicom.heard.slice(0, 5).map((one) => (
          <p key={`${one.act} ${one.aeTitle} ${one.address}`}>
            <StatusTag tone={one.act === 'refused' ? 'bad' : 'ok'}>{t(one.act)}</StatusTag>{' '}
            <code>
              {one.aeTitle}@{one.address}
            </code>{' '}
            <Time at={one.at} />{' '}
            {one.act === 'refused' &&
              one.aeTitle !== '?' &&
              !dicom.senders.some((sender) => sender.aeTitle === one.aeTitle) && (
                <Button
                  size="small"
                  onClick={() => {
                    const own = LOCAL.has(one.address)
                    const sender = own ? { aeTitle: one.aeTitle } : { aeTitle: one.aeTitle, address: one.address }
                    void allow([...dicom.senders, sender])
                  }}
                >
                  {t('allowThis', { name: one.aeTitle })}
                </Button>
              )}
          </p>
        ))}
      </div>
      <div>
        <Button type="primary" onClick={onNext}>
          {t(dicom.heard.length > 0 || dicom.senders.length > 0 ? 'next' : 'skip')}
        </Button>
      </div>
    </div>
  )
}

/** Where reports go: asked with an echo before it is saved. */
export function PacsStep({ state, onState, onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const id = useId()
  const [aeTitle, setAeTitle] = useState(state.pacs?.aeTitle ?? '')
  const [host, setHost] = useState(state.pacs?.host ?? '')
  const [port, setPort] = useState(String(state.pacs?.port ?? '104'))
  const [outcome, setOutcome] = useState<EchoOutcome>()
  const { run, busy, error } = useStep()
  const destination = DicomDestination.safeParse({ aeTitle: aeTitle.trim(), host: host.trim(), port: Number(port) })
  const test = () =>
    run(async () => {
      setOutcome(undefined)
      setOutcome(await setupCall(EchoOutcome, '/destination/test', { method: 'POST', body: destination.data }))
    })
  const save = () =>
    run(async () => {
      const body = { destination: destination.data ?? null }
      onState(await setupCall(SetupState, '/destination', { method: 'PUT', body }))
      onNext()
    })
  const said = outcome && {
    answered: t('answered', { ms: outcome.elapsedMs }),
    refused: t('pacsRefused', { ae: state.dicom.aeTitle }),
    unreachable: t('unreachable'),
    unknown: t('pacsUnknown'),
  }
  return (
    <div className="bh-stack">
      <p>{t('pacsSaid')}</p>
      <div>
        <label htmlFor={`${id}-ae`}>{t('pacsAe')}</label>
        <Input id={`${id}-ae`} value={aeTitle} maxLength={16} onChange={(event) => setAeTitle(event.target.value)} />
      </div>
      <div>
        <label htmlFor={`${id}-host`}>{t('address')}</label>
        <Input id={`${id}-host`} value={host} onChange={(event) => setHost(event.target.value)} />
      </div>
      <div>
        <label htmlFor={`${id}-port`}>{t('port')}</label>
        <Input id={`${id}-port`} inputMode="numeric" value={port} onChange={(event) => setPort(event.target.value)} />
      </div>
      <div className="bh-row">
        <Button onClick={() => void test()} loading={busy} disabled={!destination.success}>
          {t('test')}
        </Button>
      </div>
      <p role="status" data-outcome={outcome?.state}>
        {outcome && said && (
          <StatusTag tone={outcome.state === 'answered' ? 'ok' : outcome.state === 'unknown' ? 'unknown' : 'bad'}>
            {said[outcome.state]}
          </StatusTag>
        )}
      </p>
      {error !== undefined && <Problem error={error} />}
      <div className="bh-row">
        <Button type="primary" onClick={() => void save()} loading={busy} disabled={!destination.success}>
          {t('save')}
        </Button>
        <Button onClick={onNext}>{t('skip')}</Button>
      </div>
    </div>
  )
}
