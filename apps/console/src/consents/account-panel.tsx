import { Invitation, PersonLink } from '@bithive/api/patient'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Act } from '../shared/act.tsx'
import { call, Nothing } from '../shared/call.ts'
import { formatTime } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { now } from '../shared/now.ts'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { ReasonDialog } from './reason-dialog.tsx'
import { consentTexts } from './texts.ts'

/** Whether an account stands for this patient; the code that links one is shown once. */
export function AccountPanel({ personId }: { readonly personId: string }) {
  const t = useTexts(consentTexts)
  const locale = useLocale()
  const queries = useQueryClient()
  const path = `/site/v1/people/${personId}`
  const key = ['members', 'person-link', personId] as const
  const { data, error, refetch } = useLive(key, PersonLink, `${path}/link`)
  const [asking, setAsking] = useState(false)
  const again = () => queries.invalidateQueries({ queryKey: key })
  const invite = useMutation({
    mutationFn: () => call(Invitation, `${path}/invitation`, { method: 'POST', body: {} }),
    onSettled: again,
  })
  const unlink = (reason: string) =>
    call(Nothing, `${path}/link`, { method: 'DELETE', body: { reason } }).finally(() => void again())
  const time = (at: number | null) => (at === null ? '—' : formatTime(at, locale, now()))
  return (
    <Panel title={t('account')}>
      <div className="bh-stack">
        {!data ? error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={1} /> : null}
        {data && <p>{t(`link_${data.state}`, { time: time(data.since ?? data.expiresAt) })}</p>}
        {invite.data && data?.state !== 'linked' && (
          <div role="status" className="bh-stack">
            <p>
              {t('code')} <strong className="bh-mono consent-code">{invite.data.code}</strong>
            </p>
            <p>{t('codeSaid', { time: time(invite.data.expiresAt) })}</p>
          </div>
        )}
        {invite.error && <Problem error={invite.error} />}
        <div className="bh-row">
          {data && data.state !== 'linked' && (
            <Act loading={invite.isPending} onClick={() => invite.mutate()} onlyOnline>
              {t(data.state === 'invited' ? 'inviteAgain' : 'invite')}
            </Act>
          )}
          {data?.state === 'linked' && (
            <Act danger onClick={() => setAsking(true)} onlyOnline>
              {t('unlink')}
            </Act>
          )}
        </div>
      </div>
      <ReasonDialog
        open={asking}
        title={t('unlinkAsk')}
        said={t('unlinkSaid')}
        act={t('unlink')}
        onConfirm={unlink}
        onClose={() => setAsking(false)}
      />
    </Panel>
  )
}
