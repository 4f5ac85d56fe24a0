import { ChecksAnswer } from '@bithive/api/treasury-desk'
import { Link } from '@tanstack/react-router'
import { Facts } from '../shared/facts.tsx'
import { Loading } from '../shared/loading.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { StatusTag } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { treasuryTexts } from './texts.ts'

type Check = ChecksAnswer['checks'][number]

function Found({ check }: { readonly check: Check }) {
  const t = useTexts(treasuryTexts)
  return (
    <div className="bh-small">
      <div>
        {t('expected')} {check.expected} {check.asset} · {t('stored')} {check.stored} {check.asset} · {t('since')}{' '}
        <Time at={check.since ?? undefined} />
      </div>
      {check.transfers.map((id) => (
        <div key={id}>
          <Link to={'/treasury/ledger' as string} search={{ id } as never}>
            <span className="bh-mono">{id}</span>
          </Link>
        </div>
      ))}
    </div>
  )
}

/** The treasury's running checks; each difference leads to the transfers that it is made of. */
export function ChecksPanel() {
  const t = useTexts(treasuryTexts)
  const { data, error, refetch } = useLive(['treasury', 'checks'], ChecksAnswer, '/hub/v1/treasury/checks', {
    everyMs: 15_000,
  })
  const nameOf = (check: Check) => (check.name === 'supply' ? t('checkSupply') : t('checkBank', { asset: check.asset }))
  return (
    <Panel title={t('checks')} extra={data?.checkedAt ? <Time at={data.checkedAt} relative /> : undefined}>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Facts
          items={data.checks.map((check) => ({
            key: `${check.name} ${check.asset}`,
            label: nameOf(check),
            value: (
              <div>
                <StatusTag tone={check.ok ? 'ok' : 'bad'}>{check.ok ? t('inBalance') : t('notInBalance')}</StatusTag>
                {!check.ok && <Found check={check} />}
              </div>
            ),
          }))}
        />
      )}
    </Panel>
  )
}
