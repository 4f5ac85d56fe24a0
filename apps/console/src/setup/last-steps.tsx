import {
  BackupRun,
  BackupsAnswer,
  DatabaseTest,
  PassphraseAnswer,
  SetupState,
  StorageTest,
} from '@bithive/api/operations'
import { Button, Checkbox, Input } from 'antd'
import { useEffect, useId, useState } from 'react'
import { RunView } from '../operator/index.ts'
import { call, type Service } from '../shared/call.ts'
import { CopyButton } from '../shared/copy-button.tsx'
import { Facts } from '../shared/facts.tsx'
import { formatBytes } from '../shared/format.ts'
import { every } from '../shared/now.ts'
import { Problem } from '../shared/problem.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { rememberChoice } from '../shell/last-choice.ts'
import type { StepProps } from './first-steps.tsx'
import { setupCall } from './setup-call.ts'
import { setupTexts } from './texts.ts'
import { useStep } from './use-step.ts'

const LOOK_MS = 1_000

export function StorageStep({ onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const [found, setFound] = useState<StorageTest>()
  const { run, busy, error } = useStep()
  const test = () =>
    run(async () => setFound(await setupCall(StorageTest, '/storage/test', { method: 'POST', body: {} })))
  return (
    <div className="bh-stack">
      <p>{t('storageSaid')}</p>
      <Facts
        items={[
          ...(found
            ? [
                { key: 'dir', label: t('directory'), value: <code>{found.directory}</code> },
                {
                  key: 'free',
                  label: t('free'),
                  value: `${formatBytes(found.freeBytes)} / ${formatBytes(found.totalBytes)}`,
                },
              ]
            : []),
          { key: 'enc', label: t('encryption'), value: t('encryptionSaid') },
        ]}
      />
      <div>
        <Button onClick={() => void test()} loading={busy}>
          {t('test')}
        </Button>
      </div>
      <p role="status" data-outcome={found ? String(found.ok) : undefined}>
        {found && (
          <StatusTag tone={found.ok ? 'ok' : 'bad'}>
            {found.ok ? t('storageOk', { ms: found.elapsedMs }) : t('storageBad', { code: found.code ?? '' })}
          </StatusTag>
        )}
      </p>
      {error !== undefined && <Problem error={error} />}
      <div>
        <Button type="primary" onClick={onNext}>
          {t('next')}
        </Button>
      </div>
    </div>
  )
}

export function DatabaseStep({ onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const [found, setFound] = useState<DatabaseTest>()
  const { run, busy, error } = useStep()
  const test = () =>
    run(async () => setFound(await setupCall(DatabaseTest, '/database/test', { method: 'POST', body: {} })))
  const facts = found && {
    ...{ version: found.version, which: t(found.embedded ? 'embedded' : 'own') },
    ...{ ms: found.elapsedMs, bytes: formatBytes(found.bytes) },
  }
  return (
    <div className="bh-stack">
      <p>{t('databaseSaid')}</p>
      <div>
        <Button onClick={() => void test()} loading={busy}>
          {t('test')}
        </Button>
      </div>
      <p role="status" data-outcome={found ? String(found.ok) : undefined}>
        {found && (
          <StatusTag tone={found.ok ? 'ok' : 'bad'}>{found.ok ? t('databaseOk', facts) : t('databaseBad')}</StatusTag>
        )}
      </p>
      {error !== undefined && <Problem error={error} />}
      <div>
        <Button type="primary" onClick={onNext}>
          {t('next')}
        </Button>
      </div>
    </div>
  )
}

export function ChainStep({ state, onNext }: StepProps) {
  const t = useTexts(setupTexts)
  return (
    <div className="bh-stack">
      <p>{t('chainSaid')}</p>
      <p>{t(state.profile === 'cn' ? 'chainCn' : 'chainOther', { profile: state.profile })}</p>
      <div>
        <Button type="primary" onClick={onNext}>
          {t('next')}
        </Button>
      </div>
    </div>
  )
}

const BACKUPS = '/hub/v1/operations/backups'

export function BackupStep({ state, onState, onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const id = useId()
  const [folder, setFolder] = useState(state.backup.folder)
  const [passphrase, setPassphrase] = useState('')
  const [written, setWritten] = useState(false)
  const [progress, setProgress] = useState<BackupRun>()
  const { run, busy, error } = useStep()
  const running = progress !== undefined && progress.endedAt === undefined
  useEffect(() => {
    if (!running) return undefined
    const look = () =>
      call(BackupsAnswer, BACKUPS, { signIn: false }).then(
        (answer) => setProgress(answer.run),
        () => undefined,
      )
    return every(LOOK_MS, () => void look())
  }, [running])
  const start = () =>
    run(async () => {
      onState(await setupCall(SetupState, '/backup-folder', { method: 'PUT', body: { folder: folder.trim() } }))
      const shown = await call(PassphraseAnswer, `${BACKUPS}/passphrase`, { method: 'POST', body: {}, signIn: false })
      setPassphrase(shown.passphrase)
      setProgress(await call(BackupRun, BACKUPS, { method: 'POST', body: {}, signIn: false }))
    })
  const made = progress?.stage === 'done'
  return (
    <div className="bh-stack">
      <p>{t('backupSaid')}</p>
      <div>
        <label htmlFor={id}>{t('folder')}</label>
        <Input id={id} value={folder} spellCheck={false} onChange={(event) => setFolder(event.target.value)} />
      </div>
      <div>
        <Button onClick={() => void start()} loading={busy || running} disabled={folder.trim() === ''}>
          {t('backupNow')}
        </Button>
      </div>
      {progress && <RunView run={progress} />}
      {passphrase !== '' && (
        <div className="bh-stack">
          <p>{t('passphraseSaid')}</p>
          <p>
            <code data-passphrase>{passphrase}</code>
            <CopyButton value={passphrase} what={t('passphraseSaid')} />
          </p>
          <Checkbox checked={written} onChange={(event) => setWritten(event.target.checked)}>
            {t('written')}
          </Checkbox>
        </div>
      )}
      {error !== undefined && <Problem error={error} />}
      <div className="bh-row">
        <Button type="primary" onClick={onNext} disabled={!(made && written)}>
          {t('next')}
        </Button>
        {!made && <Button onClick={onNext}>{t('skip')}</Button>}
      </div>
    </div>
  )
}

export function MoneyStep({ state, onState, onNext }: StepProps) {
  const t = useTexts(setupTexts)
  const { run, busy, error } = useStep()
  const { funding } = state
  const fund = () => run(async () => onState(await setupCall(SetupState, '/funding', { method: 'POST', body: {} })))
  return (
    <div className="bh-stack">
      <p>{t(funding.sample ? 'moneySample' : 'moneyReal')}</p>
      {funding.sample && !funding.funded && (
        <div>
          <Button onClick={() => void fund()} loading={busy}>
            {t('fund')}
          </Button>
        </div>
      )}
      <p role="status" data-outcome={funding.funded ? 'funded' : undefined}>
        {funding.funded && <StatusTag tone="ok">{t('funded', { asset: funding.asset })}</StatusTag>}
      </p>
      {error !== undefined && <Problem error={error} />}
      <div>
        <Button type="primary" onClick={onNext}>
          {t(funding.sample && !funding.funded ? 'skip' : 'next')}
        </Button>
      </div>
    </div>
  )
}

export function DoneStep({ state }: StepProps) {
  const t = useTexts(setupTexts)
  const { run, busy, error } = useStep()
  const orgId = state.organisation?.orgId
  const finish = (service: Service) =>
    run(async () => {
      await setupCall(SetupState, '/finish', { method: 'POST', body: {} })
      if (orgId) rememberChoice({ service, orgId })
      location.replace('/')
    })
  return (
    <div className="bh-stack">
      <p>{t('doneSaid')}</p>
      <ul>
        {(['nextInvite', 'nextStudy', 'nextNode', 'nextHealth'] as const).map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ul>
      <p>{t('twoAccounts')}</p>
      {error !== undefined && <Problem error={error} />}
      <div className="bh-row">
        <Button type="primary" onClick={() => void finish('site')} loading={busy}>
          {t('enter')}
        </Button>
        <Button onClick={() => void finish('hub')} loading={busy}>
          {t('enterNetwork')}
        </Button>
      </div>
    </div>
  )
}
