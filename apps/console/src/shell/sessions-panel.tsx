import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { z } from 'zod'
import { call, Nothing } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { Loading } from '../shared/loading.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { nameDevice } from './name-device.ts'

const Sessions = z.object({
  sessions: z.array(
    z.object({
      sessionId: z.string(),
      signedInAt: z.number(),
      expiresAt: z.number(),
      device: z.string(),
      current: z.boolean(),
    }),
  ),
})

const texts = defineTexts({
  zh: {
    title: '登录的设备',
    here: '这台设备',
    since: '登录于',
    end: '退出',
    endOne: '退出 {device}',
    endAll: '退出其他设备',
    endAllAsk: '让其他 {count} 台设备退出登录？',
    endAllSaid: '它们上面没有提交的内容会丢失。这台设备保持登录。',
    unknown: '未知设备',
  },
  en: {
    title: 'Signed-in devices',
    here: 'this device',
    since: 'since',
    end: 'Sign out',
    endOne: 'Sign out {device}',
    endAll: 'Sign out the others',
    endAllAsk: 'Sign out {count} other {count|device|devices}?',
    endAllSaid: 'What was not sent there is lost. This device stays signed in.',
    unknown: 'Unknown device',
  },
})

/** Where the person is signed in, and how to end that. */
export function SessionsPanel() {
  const t = useTexts(texts)
  const { service } = useSession()
  const queries = useQueryClient()
  const base = `/${service}/auth/sessions`
  const { data, error, refetch } = useLive(['members', service, 'sessions'], Sessions, base)
  const [asking, setAsking] = useState(false)
  const again = () => queries.invalidateQueries({ queryKey: ['members', service, 'sessions'] })
  const end = useMutation({
    mutationFn: (sessionId: string) => call(Nothing, `${base}/${sessionId}`, { method: 'DELETE' }),
    onSettled: again,
  })
  const endOthers = () => call(z.object({ ended: z.number() }), base, { method: 'DELETE' }).finally(again)
  const others = data?.sessions.filter(({ current }) => !current).length ?? 0
  const extra = others > 0 && <Button onClick={() => setAsking(true)}>{t('endAll')}</Button>
  return (
    <Panel title={t('title')} extra={extra}>
      {!data ? error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading /> : null}
      {end.error && <Problem error={end.error} />}
      <ul className="bh-rows">
        {data?.sessions.map(({ sessionId, signedInAt, device, current }) => {
          const name = nameDevice(device) ?? t('unknown')
          return (
            <li key={sessionId}>
              <div>
                <div title={device}>{name}</div>
                <div className="bh-small">
                  {t('since')} <Time at={signedInAt} />
                </div>
              </div>
              {current ? (
                <StatusTag tone="ok">{t('here')}</StatusTag>
              ) : (
                <Button
                  aria-label={t('endOne', { device: name })}
                  loading={end.isPending && end.variables === sessionId}
                  onClick={() => end.mutate(sessionId)}
                >
                  {t('end')}
                </Button>
              )}
            </li>
          )
        })}
      </ul>
      <Confirm
        open={asking}
        title={t('endAllAsk', { count: others })}
        act={t('endAll')}
        danger
        onConfirm={endOthers}
        onClose={() => setAsking(false)}
      >
        {t('endAllSaid')}
      </Confirm>
    </Panel>
  )
}
