import { ConsentPeopleAnswer } from '@bithive/api/consent'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { type FormEvent, useId, useState } from 'react'
import type { z } from 'zod'
import { call } from '../shared/call.ts'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { consentTexts } from './texts.ts'

type Person = z.infer<typeof ConsentPeopleAnswer>['people'][number]

function OpenById() {
  const t = useTexts(consentTexts)
  const navigate = useNavigate()
  const id = useId()
  const [typed, setTyped] = useState('')
  const [bad, setBad] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const personId = typed.trim()
    const sound = /^per_[0-9a-z]{26}$/.test(personId)
    setBad(!sound)
    if (sound) void navigate({ to: '/consents/$personId' as string, params: { personId } as never })
  }
  return (
    <form onSubmit={submit} className="bh-stack">
      <label htmlFor={id}>{t('openOne')}</label>
      <div className="bh-row">
        <Input id={id} value={typed} placeholder={t('openHint')} onChange={(event) => setTyped(event.target.value)} />
        <Button htmlType="submit">{t('openAct')}</Button>
      </div>
      {bad && (
        <p role="alert" className="bh-form-problem">
          {t('badId')}
        </p>
      )}
    </form>
  )
}

/** Who has given, withdrawn or been asked for a consent; those with the newest change first. */
export function PeoplePage() {
  const t = useTexts(consentTexts)
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['consents', 'people'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call(ConsentPeopleAnswer, `/site/v1/consent-people?limit=200${pageParam && `&before=${pageParam}`}`, { signal }),
    getNextPageParam: ({ next }) => next,
  })
  const columns: readonly Column<Person>[] = [
    {
      key: 'person',
      title: t('person'),
      value: ({ personId }) => personId,
      render: ({ personId }) => (
        <Link to={'/consents/$personId' as string} params={{ personId } as never}>
          <span className="bh-mono">{personId}</span>
        </Link>
      ),
    },
    { key: 'active', title: t('active'), value: ({ active }) => active, align: 'right', sort: true },
    { key: 'open', title: t('open'), value: ({ open }) => open, align: 'right', sort: true },
    {
      key: 'last',
      title: t('last'),
      value: ({ lastAt }) => lastAt,
      render: ({ lastAt }) => <Time at={lastAt} />,
      sort: true,
    },
  ]
  return (
    <Page title={t('title')} about={t('about')} docs="consent">
      <Panel>
        <OpenById />
      </Panel>
      <Panel>
        <DataTable
          id="people"
          label={t('title')}
          rows={data?.pages.flatMap(({ people }) => people)}
          rowKey={({ personId }) => personId}
          columns={columns}
          error={error}
          onRetry={() => void refetch()}
          search={({ personId }) => personId}
          empty={<Empty>{t('none')}</Empty>}
          onMore={hasNextPage ? () => void fetchNextPage() : undefined}
          loadingMore={isFetchingNextPage}
        />
      </Panel>
    </Page>
  )
}
