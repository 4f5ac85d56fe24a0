import { MembersAnswer, type MemberView } from '@bithive/api/members'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { defineTexts, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { baseOf } from './base-of.ts'
import { ConfirmRoles } from './confirm-roles.tsx'
import { InvitationsPanel } from './invitations-panel.tsx'
import { Invite, MemberActs } from './member-acts.tsx'
import { isRole, roleTexts } from './role-texts.ts'
import { TokensPanel } from './tokens-panel.tsx'

const texts = defineTexts({
  zh: {
    title: '用户',
    about: '“{organisation}”的成员。每项更改先记入审计，再生效。',
    members: '成员',
    name: '姓名',
    login: '登录名',
    roles: '角色',
    state: '状态',
    active: '正常',
    'awaits-second': '等待第二人确认',
    suspended: '已暂停',
    disabled: '已停用',
    forgotten: '已删除',
    sessions: '登录中的设备',
    signedIn: '上次登录',
    joined: '加入于',
    act: '操作',
  },
  en: {
    title: 'Users',
    about: 'Members of “{organisation}”. Each change is in the audit before it counts.',
    members: 'Members',
    name: 'Name',
    login: 'Login',
    roles: 'Roles',
    state: 'State',
    active: 'active',
    'awaits-second': 'waits for a second person',
    suspended: 'suspended',
    disabled: 'disabled',
    forgotten: 'forgotten',
    sessions: 'Devices signed in',
    signedIn: 'Last sign-in',
    joined: 'Joined',
    act: 'Acts',
  },
})

const TONES: Readonly<Record<MemberView['state'], Tone>> = {
  active: 'ok',
  'awaits-second': 'todo',
  suspended: 'todo',
  disabled: 'off',
  forgotten: 'off',
}

/** The people of the organisation, their invitations, and the tokens of its machines. */
export function UsersPage() {
  const t = useTexts(texts)
  const nameOf = useTexts(roleTexts)
  const local = useLocalText()
  const session = useSession()
  const path = `${baseOf(session)}/memberships`
  const { data, error, refetch } = useLive(['members', path], MembersAnswer, path)
  const administers = hasRole(session, 'admin') || (session.service === 'hub' && hasRole(session, 'operator'))
  const rolesOf = ({ roles }: MemberView) => roles.map((role) => (isRole(role) ? nameOf(role) : role)).join(' · ')
  const columns: Column<MemberView>[] = [
    {
      key: 'name',
      title: t('name'),
      value: ({ name, personId }) => name || personId,
      render: ({ name, personId }) => <span dir="auto">{name || <code>{personId}</code>}</span>,
      sort: true,
    },
    { key: 'login', title: t('login'), value: ({ login }) => login },
    { key: 'roles', title: t('roles'), value: rolesOf },
    {
      key: 'state',
      title: t('state'),
      value: ({ state }) => state,
      filter: (['active', 'awaits-second', 'suspended'] as const).map((value) => ({ value, label: t(value) })),
      render: (member) => (
        <div className="bh-stack">
          <StatusTag tone={TONES[member.state]}>{t(member.state)}</StatusTag>
          <ConfirmRoles member={member} />
        </div>
      ),
    },
    { key: 'sessions', title: t('sessions'), value: ({ sessions }) => sessions, align: 'right' },
    {
      key: 'signedIn',
      title: t('signedIn'),
      value: ({ signedInAt }) => signedInAt,
      render: ({ signedInAt }) => <Time at={signedInAt} />,
    },
    ...(administers
      ? [
          {
            ...{ key: 'act', title: t('act'), value: () => undefined },
            render: (member: MemberView) => <MemberActs key={member.membershipId} member={member} />,
          },
        ]
      : []),
  ]
  return (
    <Page
      title={t('title')}
      about={t('about', { organisation: local(session.organisation.name) })}
      docs="identity"
      actions={administers && <Invite />}
    >
      <Panel title={t('members')} flush>
        <DataTable
          id="members"
          label={t('members')}
          rows={data?.memberships}
          rowKey={({ membershipId }) => membershipId}
          columns={columns}
          error={error}
          onRetry={() => void refetch()}
          search={(one) => `${one.name} ${one.login} ${rolesOf(one)} ${one.personId}`}
        />
      </Panel>
      <InvitationsPanel />
      {hasRole(session, 'admin') && <TokensPanel />}
    </Page>
  )
}
