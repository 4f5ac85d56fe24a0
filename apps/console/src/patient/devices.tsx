import { useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import { Card } from '../m/card.tsx'
import { call, Nothing } from '../shared/call.ts'
import { formatTime } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { now } from '../shared/now.ts'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { AskFirst } from './ask-first.tsx'
import { patientTexts } from './texts.ts'

const Sessions = z.object({
  sessions: z.array(
    z.object({ sessionId: z.string(), signedInAt: z.number(), device: z.string(), current: z.boolean() }),
  ),
})
const BASE = '/site/auth/sessions'
const KEY = ['members', 'my-sessions'] as const

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPad/, 'iPhone / iPad'],
  [/HarmonyOS/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'Mac'],
  [/Linux/, 'Linux'],
]

/** Where the account is signed in. */
export function Devices() {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const queries = useQueryClient()
  const { data, error, refetch } = useLive(KEY, Sessions, BASE)
  const others = data?.sessions.filter(({ current }) => !current).length ?? 0
  const endOthers = async () => {
    await call(z.looseObject({}), BASE, { method: 'DELETE' })
    await queries.invalidateQueries({ queryKey: KEY })
  }
  const end = async (sessionId: string) => {
    await call(Nothing, `${BASE}/${sessionId}`, { method: 'DELETE' })
    await queries.invalidateQueries({ queryKey: KEY })
  }
  return (
    <Card title={t('devices')}>
      {!data ? error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading /> : null}
      <ul className="m-stack">
        {data?.sessions.map(({ sessionId, signedInAt, device, current }) => {
          const name = SYSTEMS.find(([pattern]) => pattern.test(device))?.[1] ?? t('unknownDevice')
          const since = t('since', { time: formatTime(signedInAt, locale, now()) })
          return (
            <li key={sessionId} className="m-stack">
              <div>
                <div>
                  {name} {current && <StatusTag tone="ok">{t('here')}</StatusTag>}
                </div>
                <div className="m-small">{since}</div>
              </div>
              {!current && (
                <AskFirst
                  act={t('endOne', { device: name })}
                  said={`${name}, ${since}`}
                  onConfirm={() => end(sessionId)}
                />
              )}
            </li>
          )
        })}
      </ul>
      {others > 1 && (
        <AskFirst act={t('endOthers')} said={t('endOthersAsk', { count: others })} onConfirm={endOthers} />
      )}
    </Card>
  )
}
