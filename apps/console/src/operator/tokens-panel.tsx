import { IssuedToken, ServiceTokensAnswer, type ServiceTokenView } from '@bithive/api/members'
import { Button, Checkbox, Input } from 'antd'
import { type FormEvent, useId, useState } from 'react'
import { call, Nothing } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { CopyButton } from '../shared/copy-button.tsx'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { baseOf } from './base-of.ts'
import { isRole, roleTexts } from './role-texts.ts'
import { useAct } from './use-act.ts'

const texts = defineTexts({
  zh: {
    title: '程序的令牌',
    about: '设备与程序用令牌登录。令牌只显示一次，只保存其散列。',
    name: '名称',
    scope: '可做',
    created: '发出于',
    used: '上次使用',
    state: '状态',
    valid: '有效',
    revoked: '已撤销',
    revoke: '撤销',
    act: '操作',
    issue: '发出令牌',
    shown: '只显示这一次，请立即存入使用它的程序：',
    none: '没有令牌。',
    ask: '撤销令牌“{name}”？',
    askSaid:
      '使用它的程序从下一个请求起被拒绝。名为 site 的令牌是医院部分连接网络所用，撤销后无法下单。不能恢复，只能另发。',
  },
  en: {
    title: 'Tokens of programs',
    about: 'Devices and programs sign in with a token. It is shown once; only its hash is kept.',
    name: 'Name',
    scope: 'May',
    created: 'Issued',
    used: 'Last used',
    state: 'State',
    valid: 'valid',
    revoked: 'revoked',
    revoke: 'Revoke',
    act: 'Act',
    issue: 'Issue a token',
    shown: 'Shown this once: put it into the program that uses it now.',
    none: 'There is no token.',
    ask: 'Revoke the token “{name}”?',
    askSaid:
      'The program that uses it is refused from its next request on. The one named site connects the hospital’s part to the network: without it nothing can be ordered. It cannot be undone, only issued anew.',
  },
})

/** What machines sign in with: issued, listed, revoked. */
export function TokensPanel() {
  const t = useTexts(texts)
  const nameOf = useTexts(roleTexts)
  const id = useId()
  const path = `${baseOf(useSession())}/service-tokens`
  const { data, error, refetch } = useLive(['members', path], ServiceTokensAnswer, path)
  const [name, setName] = useState('')
  const [scope, setScope] = useState<string[]>([])
  const [token, setToken] = useState('')
  const [asked, setAsked] = useState<ServiceTokenView>()
  const { run, busy, error: actError } = useAct('members')
  const label = (role: string) => (isRole(role) ? nameOf(role) : role)
  const issue = (event: FormEvent) => {
    event.preventDefault()
    void run(async () => {
      setToken((await call(IssuedToken, path, { method: 'POST', body: { name, scope } })).token)
      setName('')
      setScope([])
    })
  }
  const columns: Column<ServiceTokenView>[] = [
    { key: 'name', title: t('name'), value: (one) => one.name },
    { key: 'scope', title: t('scope'), value: (one) => one.scope.map(label).join(' · ') },
    {
      key: 'created',
      title: t('created'),
      value: (one) => one.createdAt,
      render: (one) => <Time at={one.createdAt} />,
    },
    { key: 'used', title: t('used'), value: (one) => one.usedAt, render: (one) => <Time at={one.usedAt} /> },
    {
      key: 'state',
      title: t('state'),
      value: (one) => (one.revokedAt ? 'revoked' : 'valid'),
      render: (one) => (
        <StatusTag tone={one.revokedAt ? 'off' : 'ok'}>{t(one.revokedAt ? 'revoked' : 'valid')}</StatusTag>
      ),
    },
    {
      key: 'act',
      title: t('act'),
      value: () => undefined,
      render: (one) =>
        !one.revokedAt && (
          <Button size="small" aria-label={`${t('revoke')} ${one.name}`} onClick={() => setAsked(one)}>
            {t('revoke')}
          </Button>
        ),
    },
  ]
  return (
    <Panel title={t('title')}>
      <div className="bh-stack">
        <p className="bh-small">{t('about')}</p>
        <form onSubmit={issue} className="bh-stack">
          <div>
            <label htmlFor={id}>{t('name')}</label>
            <Input id={id} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
          </div>
          <Checkbox.Group
            value={scope}
            onChange={(next) => setScope(next as string[])}
            options={(data?.scopes ?? []).map((value) => ({ value, label: label(value) }))}
          />
          <div>
            <Button htmlType="submit" loading={busy} disabled={name.trim() === '' || scope.length === 0}>
              {t('issue')}
            </Button>
          </div>
        </form>
        {token !== '' && (
          <p role="status" style={{ overflowWrap: 'anywhere' }}>
            {t('shown')} <code>{token}</code>
            <CopyButton value={token} what={t('title')} />
          </p>
        )}
        {actError !== undefined && <Problem error={actError} />}
        <DataTable
          id="tokens"
          label={t('title')}
          rows={data?.tokens}
          rowKey={({ tokenId }) => tokenId}
          columns={columns}
          error={error}
          onRetry={() => void refetch()}
          empty={<Empty>{t('none')}</Empty>}
        />
        <Confirm
          open={asked !== undefined}
          danger
          title={t('ask', { name: asked?.name ?? '' })}
          act={t('revoke')}
          onClose={() => setAsked(undefined)}
          onConfirm={async () => {
            await call(Nothing, `${path}/${asked?.tokenId}`, { method: 'DELETE' })
            await run(async () => undefined)
          }}
        >
          <p>{t('askSaid')}</p>
        </Confirm>
      </div>
    </Panel>
  )
}
