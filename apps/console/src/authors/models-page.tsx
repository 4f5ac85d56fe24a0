import { OwnModels } from '@bithive/api/models'
import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { Empty } from '../shared/empty.tsx'
import { Loading } from '../shared/loading.tsx'
import { Page } from '../shared/page.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { zoneQuery } from '../shared/reader-zone.ts'
import { useSession } from '../shared/session.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { ModelPanel } from './model-panel.tsx'
import { authorTexts } from './texts.ts'
import './authors.css'

/** The models of the reader's institute: uses, royalties that were booked, quality signals. */
export function ModelsPage() {
  const t = useTexts(authorTexts)
  const said = useLocalText()
  const { networkBase, organisation } = useSession()
  const navigate = useNavigate()
  const query = zoneQuery()
  // Royalties are booked in the ledger, so its news is what makes this old.
  const own = useLive(['ledger', 'own-models', networkBase, query], OwnModels, `${networkBase}/models/own?${query}`, {
    everyMs: 60_000,
  })
  const about = (
    <>
      <p>{t('about')}</p>
      <p dir="auto">{t('payee', { name: said(organisation.name) })}</p>
    </>
  )
  return (
    <Page
      title={t('models')}
      about={about}
      docs="models"
      actions={<Button onClick={() => void navigate({ to: '/wallet' as string })}>{t('wallet')}</Button>}
    >
      {own.data === undefined ? (
        own.error ? (
          <Problem error={own.error} onRetry={() => void own.refetch()} />
        ) : (
          <Loading rows={6} />
        )
      ) : own.data.models.length === 0 ? (
        <Empty>{t('none')}</Empty>
      ) : (
        <div className="bh-stack">
          {own.data.models.map((model) => (
            <ModelPanel key={`${model.workload}@${model.version}`} model={model} />
          ))}
        </div>
      )}
    </Page>
  )
}
