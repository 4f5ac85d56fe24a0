import type { BackupRun } from '@bithive/api/operations'
import { formatBytes, formatDuration } from '../shared/format.ts'
import { type Stage, Stages } from '../shared/stages.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'

const texts = defineTexts({
  zh: {
    run: '本次进度',
    databases: '数据库',
    files: '影像与文件',
    secrets: '密钥',
    sealing: '加密收尾',
    restoring: '在别处恢复并核对',
    done: '完成',
    runFailed: '失败：{code}',
    tablesDone: '{done} 张表，{bytes}',
    filesDone: '{done} 个文件，{bytes}',
  },
  en: {
    run: 'Progress',
    databases: 'Databases',
    files: 'Images and files',
    secrets: 'Keys',
    sealing: 'Sealing',
    restoring: 'Restoring elsewhere and checking',
    done: 'Done',
    runFailed: 'failed: {code}',
    tablesDone: '{done} {done|table|tables}, {bytes}',
    filesDone: '{done} {done|file|files}, {bytes}',
  },
})

const ORDER = ['databases', 'files', 'secrets', 'sealing'] as const

function stagesOf(run: BackupRun, t: (key: keyof typeof texts.zh, facts?: Record<string, string | number>) => string) {
  const steps = run.kind === 'backup' ? ORDER : (['restoring'] as const)
  const at = (steps as readonly string[]).indexOf(run.stage)
  const { done, bytes } = run
  return steps.map((key, index): Stage => {
    if (run.stage === 'done') return { key, title: t(key), state: 'done' }
    if (run.stage === 'failed') return { key, title: t(key), state: index === 0 ? 'bad' : 'next' }
    const state = index < at ? 'done' : index === at ? 'now' : 'next'
    const said = key === 'databases' ? 'tablesDone' : 'filesDone'
    const fact = state === 'now' && done > 0 ? { fact: t(said, { done, bytes: formatBytes(bytes) }) } : {}
    return { key, title: t(key), state, ...fact }
  })
}

/** How the latest backup or drill goes, or went. */
export function RunView({ run }: { readonly run: BackupRun }) {
  const t = useTexts(texts)
  const locale = useLocale()
  return (
    <div className="bh-stack" data-run={run.stage}>
      <Stages items={stagesOf(run, t)} label={t('run')} />
      <p role="status">
        {run.stage === 'done' && run.endedAt !== undefined && (
          <StatusTag tone="ok">
            {t('done')} · {formatDuration(run.endedAt - run.startedAt, locale)}
          </StatusTag>
        )}
        {run.stage === 'failed' && <StatusTag tone="bad">{t('runFailed', { code: run.code ?? '' })}</StatusTag>}
      </p>
    </div>
  )
}
