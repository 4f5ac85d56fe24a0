import { OrganisationsAnswer, OrganisationView } from '@bithive/api/members'
import { Button } from 'antd'
import { useState } from 'react'
import { call } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { ShortId } from '../shared/short-id.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useAct } from './use-act.ts'

const texts = defineTexts({
  zh: {
    title: '机构',
    about: '网络中的机构。暂停后，其人员与令牌从下一个请求起不再有效。',
    name: '名称',
    kind: '类型',
    jurisdiction: '法域',
    state: '状态',
    since: '加入时间',
    id: '编号',
    act: '操作',
    active: '正常',
    suspended: '已暂停',
    closed: '已关闭',
    sample: '示例',
    suspend: '暂停',
    reinstate: '恢复',
    own: '本机构',
    askSuspend: '暂停“{name}”？',
    suspendSaid:
      '该机构的人员立即不能登录办理业务，令牌失效，其节点不再接单。已冻结的款项保持冻结，没有款项移动。可以恢复。',
    askReinstate: '恢复“{name}”？',
    reinstateSaid: '其人员与令牌从下一个请求起重新有效。',
    doSuspend: '暂停这个机构',
    doReinstate: '恢复这个机构',
  },
  en: {
    title: 'Organisations',
    about: 'Organisations of the network. Once suspended, their people and tokens count no more from the next request.',
    name: 'Name',
    kind: 'Kind',
    jurisdiction: 'Jurisdiction',
    state: 'State',
    since: 'Joined',
    id: 'Id',
    act: 'Act',
    active: 'active',
    suspended: 'suspended',
    closed: 'closed',
    sample: 'sample',
    suspend: 'Suspend',
    reinstate: 'Reinstate',
    own: 'your own',
    askSuspend: 'Suspend “{name}”?',
    suspendSaid:
      'Its people can do nothing from now on, its tokens count no more and its nodes get no work. Money that is held stays held; nothing is moved. You can reinstate it.',
    askReinstate: 'Reinstate “{name}”?',
    reinstateSaid: 'Its people and tokens count again from their next request.',
    doSuspend: 'Suspend this organisation',
    doReinstate: 'Reinstate this organisation',
  },
})

/** Every organisation, and whether it may act. */
export function OrganisationsPage() {
  const t = useTexts(texts)
  const locale = useLocale()
  const session = useSession()
  const path = '/hub/v1/organisations'
  const { data, error, refetch } = useLive(['members', path], OrganisationsAnswer, path)
  const [asked, setAsked] = useState<OrganisationView>()
  const { run } = useAct('members')
  const suspending = asked?.state === 'active'
  const columns: Column<OrganisationView>[] = [
    {
      key: 'name',
      title: t('name'),
      value: ({ name }) => name[locale],
      render: ({ name, sample }) => (
        <span dir="auto">
          {name[locale]} {sample && <StatusTag tone="off">{t('sample')}</StatusTag>}
        </span>
      ),
      sort: true,
    },
    { key: 'kind', title: t('kind'), value: ({ kind }) => kind },
    { key: 'jurisdiction', title: t('jurisdiction'), value: ({ jurisdiction }) => jurisdiction },
    {
      key: 'state',
      title: t('state'),
      value: ({ state }) => state,
      filter: (['active', 'suspended', 'closed'] as const).map((value) => ({ value, label: t(value) })),
      render: ({ state }) => (
        <StatusTag tone={state === 'active' ? 'ok' : state === 'suspended' ? 'todo' : 'off'}>{t(state)}</StatusTag>
      ),
    },
    {
      key: 'since',
      title: t('since'),
      value: ({ createdAt }) => createdAt,
      render: ({ createdAt }) => <Time at={createdAt} />,
    },
    { key: 'id', title: t('id'), value: ({ orgId }) => orgId, render: ({ orgId }) => <ShortId id={orgId} /> },
    {
      key: 'act',
      title: t('act'),
      value: () => undefined,
      render: (one) =>
        one.orgId === session.organisation.orgId ? (
          <span className="bh-small">{t('own')}</span>
        ) : (
          <Button
            size="small"
            onClick={() => setAsked(one)}
            aria-label={`${t(one.state === 'active' ? 'suspend' : 'reinstate')} ${one.name[locale]}`}
          >
            {t(one.state === 'active' ? 'suspend' : 'reinstate')}
          </Button>
        ),
    },
  ]
  return (
    <Page title={t('title')} about={t('about')} docs="identity">
      <Panel flush>
        <DataTable
          id="organisations"
          label={t('title')}
          rows={data?.organisations}
          rowKey={({ orgId }) => orgId}
          columns={columns}
          error={error}
          onRetry={() => void refetch()}
          search={({ name, orgId, kind }) => `${name.zh} ${name.en} ${orgId} ${kind}`}
        />
      </Panel>
      <Confirm
        open={asked !== undefined}
        danger={suspending}
        title={asked ? t(suspending ? 'askSuspend' : 'askReinstate', { name: asked.name[locale] }) : ''}
        act={t(suspending ? 'doSuspend' : 'doReinstate')}
        onClose={() => setAsked(undefined)}
        onConfirm={async () => {
          if (!asked) return
          const body = { state: suspending ? 'suspended' : 'active', reason: 'operator-decision' }
          await call(OrganisationView, `${path}/${asked.orgId}/state`, { method: 'PUT', body })
          await run(async () => undefined)
        }}
      >
        <p>{t(suspending ? 'suspendSaid' : 'reinstateSaid')}</p>
      </Confirm>
    </Page>
  )
}
