import { BackupRun, BackupsAnswer, type BackupView, PassphraseAnswer } from '@bithive/api/operations'
import { Alert, Button } from 'antd'
import { useState } from 'react'
import { call } from '../shared/call.ts'
import { CopyButton } from '../shared/copy-button.tsx'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { formatBytes } from '../shared/format.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useNow } from '../shared/use-now.ts'
import { RunView } from './run-view.tsx'
import { useAct } from './use-act.ts'

const texts = defineTexts({
  zh: {
    title: '备份',
    now: '立即备份',
    running: '正在进行，请等它结束',
    where: '存放位置',
    folder: '文件夹',
    free: '剩余空间',
    disk: '磁盘',
    sameDisk: '与数据在同一块磁盘：磁盘损坏会同时失去两者。请把备份复制到别处。',
    otherDisk: '另一块磁盘',
    passphrase: '口令',
    show: '显示口令',
    keep: '没有口令就无法恢复。请抄写下来，存放在这台机器之外。',
    old: '上次备份已是 {days} 天前。请现在备份。',
    none: '还没有备份。',
    list: '已有的备份',
    name: '文件',
    at: '时间',
    size: '大小',
    content: '内容',
    contentSaid: '{tables} 张表，{files} 个文件',
    drill: '恢复演练',
    notDrilled: '尚未演练',
    passed: '通过',
    failed: '没有通过',
    rehearse: '演练恢复',
    run: '本次进度',
    checks: '核对：{checks}',
    restore: '如何恢复',
    restoreWhy:
      '恢复只能在机器上进行：它需要停止运行，并写入空的数据目录。若能从浏览器恢复，一次失窃的登录就能用旧账覆盖新账。',
    restoreHow: '把口令存入文件，然后运行：',
    'trial-balance': '试算平衡',
    'audit-chains-hub': '枢纽审计链',
    'audit-chains-site': '站点审计链',
  },
  en: {
    title: 'Backups',
    now: 'Back up now',
    running: 'one is under way: wait until it has ended',
    where: 'Where they lie',
    folder: 'Folder',
    free: 'Free space',
    disk: 'Disk',
    sameDisk: 'On the same disk as the data: one broken disk loses both. Copy backups elsewhere.',
    otherDisk: 'another disk',
    passphrase: 'Passphrase',
    show: 'Show the passphrase',
    keep: 'Without it nothing can be restored. Write it down and keep it away from this machine.',
    old: 'The last backup is {days} days old. Make one now.',
    none: 'There is no backup yet.',
    list: 'Backups',
    name: 'File',
    at: 'Made',
    size: 'Size',
    content: 'Content',
    contentSaid: '{tables} {tables|table|tables}, {files} {files|file|files}',
    drill: 'Restore drill',
    notDrilled: 'not rehearsed yet',
    passed: 'passed',
    failed: 'failed',
    rehearse: 'Rehearse a restore',
    run: 'Progress',
    checks: 'checked: {checks}',
    restore: 'How to restore',
    restoreWhy:
      'A restore is done on the machine only: it wants a stopped program and an empty data folder. Were it offered here, one stolen sign-in could put old books over new ones.',
    restoreHow: 'Put the passphrase in a file, then run:',
    'trial-balance': 'trial balance',
    'audit-chains-hub': 'audit chains of the hub',
    'audit-chains-site': 'audit chains of the site',
  },
})

const DAY_MS = 86_400_000
const OLD_DAYS = 7
function Passphrase() {
  const t = useTexts(texts)
  const [shown, setShown] = useState('')
  const { run, busy, error } = useAct('health')
  const show = () =>
    run(async () => {
      const path = '/hub/v1/operations/backups/passphrase'
      setShown((await call(PassphraseAnswer, path, { method: 'POST', body: {} })).passphrase)
    })
  return (
    <div className="bh-stack">
      {shown === '' ? (
        <Button onClick={() => void show()} loading={busy}>
          {t('show')}
        </Button>
      ) : (
        <p>
          <code className="bh-mono">{shown}</code>
          <CopyButton value={shown} what={t('passphrase')} />
        </p>
      )}
      <p className="bh-small">{t('keep')}</p>
      {error !== undefined && <Problem error={error} />}
    </div>
  )
}

function DrillCell({ drill }: Pick<BackupView, 'drill'>) {
  const t = useTexts(texts)
  if (!drill) return <StatusTag tone="off">{t('notDrilled')}</StatusTag>
  const checks = drill.checks.map((check) => (check in texts.zh ? t(check as 'trial-balance') : check)).join(' · ')
  return (
    <span>
      <StatusTag tone={drill.ok ? 'ok' : 'bad'}>{t(drill.ok ? 'passed' : 'failed')}</StatusTag> <Time at={drill.at} />
      <br />
      <span className="bh-small">{drill.ok ? t('checks', { checks }) : (drill.check ?? drill.code)}</span>
    </span>
  )
}

/** Backups of the whole house: made, listed and rehearsed here; restored on the machine only. */
export function BackupsPage() {
  const t = useTexts(texts)
  const present = useNow(60_000)
  const path = '/hub/v1/operations/backups'
  const { data, error, refetch } = useLive(['health', path], BackupsAnswer, path, { everyMs: 3_000 })
  const { run, busy, error: actError } = useAct('health')
  const isRunning = data?.run !== undefined && data.run.endedAt === undefined
  const last = data?.backups[0]
  const days = last ? Math.floor((present - last.at) / DAY_MS) : 0
  const columns: Column<BackupView>[] = [
    { key: 'name', title: t('name'), value: ({ name }) => name, render: ({ name }) => <code>{name}</code> },
    { key: 'at', title: t('at'), value: ({ at }) => at, render: ({ at }) => <Time at={at} />, sort: true },
    {
      key: 'act',
      title: t('rehearse'),
      value: () => undefined,
      render: ({ name }) => (
        <Button
          size="small"
          disabled={isRunning}
          aria-label={`${t('rehearse')} ${name}`}
          onClick={() => void run(() => call(BackupRun, `${path}/drill`, { method: 'POST', body: { name } }))}
        >
          {t('rehearse')}
        </Button>
      ),
    },
    {
      key: 'drill',
      title: t('drill'),
      value: ({ drill }) => String(drill?.ok ?? ''),
      render: ({ drill }) => <DrillCell drill={drill} />,
    },
    {
      key: 'size',
      title: t('size'),
      value: ({ bytes }) => bytes,
      render: ({ bytes }) => formatBytes(bytes),
      align: 'right',
    },
    {
      key: 'content',
      title: t('content'),
      value: ({ tables, files }) =>
        tables === undefined ? undefined : t('contentSaid', { tables, files: files ?? 0 }),
    },
  ]
  return (
    <Page
      title={t('title')}
      docs="operations"
      actions={
        <Button
          type="primary"
          loading={busy}
          disabled={isRunning}
          onClick={() => void run(() => call(BackupRun, path, { method: 'POST', body: {} }))}
        >
          {t('now')}
        </Button>
      }
      about={isRunning ? t('running') : undefined}
    >
      {data && data.backups.length === 0 && <Alert type="warning" showIcon title={t('none')} />}
      {last && days > OLD_DAYS && <Alert type="warning" showIcon title={t('old', { days })} />}
      {actError !== undefined && <Problem error={actError} />}
      <div className="bh-columns">
        <div className="bh-stack">
          {data?.run && (
            <Panel title={t('run')}>
              <RunView run={data.run} />
            </Panel>
          )}
          <Panel title={t('list')} flush>
            <DataTable
              id="backups"
              label={t('list')}
              rows={data?.backups}
              rowKey={({ name }) => name}
              columns={columns}
              error={error}
              onRetry={() => void refetch()}
              empty={<Empty>{t('none')}</Empty>}
            />
          </Panel>
        </div>
        <div className="bh-stack">
          {data && (
            <Panel title={t('where')}>
              <Facts
                items={[
                  { key: 'folder', label: t('folder'), value: <code>{data.folder}</code> },
                  { key: 'free', label: t('free'), value: formatBytes(data.freeBytes) },
                  { key: 'disk', label: t('disk'), value: data.sameDisk ? t('sameDisk') : t('otherDisk') },
                ]}
              />
            </Panel>
          )}
          <Panel title={t('passphrase')}>
            <Passphrase />
          </Panel>
          {data && (
            <Panel title={t('restore')}>
              <div className="bh-stack">
                <p>{t('restoreWhy')}</p>
                <p>{t('restoreHow')}</p>
                <p>
                  <code>{data.restoreCommand}</code>
                  <CopyButton value={data.restoreCommand} what={t('restore')} />
                </p>
              </div>
            </Panel>
          )}
        </div>
      </div>
    </Page>
  )
}
