import { InvitationsAnswer, type InvitationView, IssuedAnswer } from '@bithive/api/members'
import { Button, Modal } from 'antd'
import { useState } from 'react'
import { call, Nothing } from '../shared/call.ts'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { baseOf } from './base-of.ts'
import { IssuedCode } from './issued-code.tsx'
import { isRole, roleTexts } from './role-texts.ts'
import { useAct } from './use-act.ts'

const texts = defineTexts({
  zh: {
    title: '邀请与重置',
    purpose: '用途',
    join: '加入',
    reset: '重置登录',
    state: '状态',
    hint: '邀请码开头',
    roles: '角色',
    until: '有效至',
    act: '操作',
    proposed: '等待另一人同意',
    open: '未使用',
    used: '已使用',
    revoked: '已撤回',
    expired: '已过期',
    revoke: '撤回',
    approve: '同意并发码',
    none: '没有邀请。',
    close: '关闭',
  },
  en: {
    title: 'Invitations and resets',
    purpose: 'For',
    join: 'joining',
    reset: 'a reset',
    state: 'State',
    hint: 'Code begins with',
    roles: 'Roles',
    until: 'Valid until',
    act: 'Act',
    proposed: 'waits for another person',
    open: 'not used yet',
    used: 'used',
    revoked: 'revoked',
    expired: 'ran out',
    revoke: 'Revoke',
    approve: 'Agree and issue',
    none: 'There is no invitation.',
    close: 'Close',
  },
})

const TONES: Readonly<Record<InvitationView['state'], Tone>> = {
  proposed: 'todo',
  open: 'run',
  used: 'ok',
  revoked: 'off',
  expired: 'off',
}

/** Invitations that were issued, and resets that wait for a second person. */
export function InvitationsPanel() {
  const t = useTexts(texts)
  const name = useTexts(roleTexts)
  const session = useSession()
  const path = `${baseOf(session)}/invitations`
  const { data, error, refetch } = useLive(['members', path], InvitationsAnswer, path)
  const [issued, setIssued] = useState<IssuedAnswer>()
  const { run, busy, error: actError } = useAct('members')
  const columns: Column<InvitationView>[] = [
    { key: 'purpose', title: t('purpose'), value: ({ purpose }) => t(purpose) },
    {
      key: 'state',
      title: t('state'),
      value: ({ state }) => state,
      render: ({ state }) => <StatusTag tone={TONES[state]}>{t(state)}</StatusTag>,
      filter: (['proposed', 'open', 'used', 'revoked', 'expired'] as const).map((value) => ({
        value,
        label: t(value),
      })),
    },
    { key: 'hint', title: t('hint'), value: ({ hint }) => hint, render: ({ hint }) => <code>{hint || '—'}</code> },
    {
      key: 'roles',
      title: t('roles'),
      value: ({ roles }) => roles.map((role) => (isRole(role) ? name(role) : role)).join(' · '),
    },
    {
      key: 'until',
      title: t('until'),
      value: ({ expiresAt }) => expiresAt,
      render: ({ expiresAt }) => <Time at={expiresAt} />,
    },
    {
      key: 'act',
      title: t('act'),
      value: () => undefined,
      render: ({ invitationId, state, createdBy, hint }) => (
        <div className="bh-row">
          {state === 'proposed' && createdBy !== session.actorId && (
            <Button
              size="small"
              type="primary"
              loading={busy}
              onClick={() =>
                void run(async () =>
                  setIssued(await call(IssuedAnswer, `${path}/${invitationId}/approve`, { method: 'POST', body: {} })),
                )
              }
            >
              {t('approve')}
            </Button>
          )}
          {(state === 'open' || state === 'proposed') && (
            <Button
              size="small"
              loading={busy}
              aria-label={`${t('revoke')} ${hint}`}
              onClick={() => void run(() => call(Nothing, `${path}/${invitationId}`, { method: 'DELETE' }))}
            >
              {t('revoke')}
            </Button>
          )}
        </div>
      ),
    },
  ]
  return (
    <Panel title={t('title')} flush>
      {actError !== undefined && <Problem error={actError} />}
      <DataTable
        id="invitations"
        label={t('title')}
        rows={data?.invitations}
        rowKey={({ invitationId }) => invitationId}
        columns={columns}
        error={error}
        onRetry={() => void refetch()}
        empty={<Empty>{t('none')}</Empty>}
      />
      <Modal
        open={issued !== undefined}
        title={t('reset')}
        onCancel={() => setIssued(undefined)}
        footer={<Button onClick={() => setIssued(undefined)}>{t('close')}</Button>}
        destroyOnHidden
      >
        {issued && <IssuedCode service={session.service} {...issued} />}
      </Modal>
    </Panel>
  )
}
