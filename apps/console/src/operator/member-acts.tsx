import { type IssuedAnswer as Issued, IssuedAnswer, type MemberView, ResetAnswer } from '@bithive/api/members'
import { Button, Checkbox, Modal } from 'antd'
import { useState } from 'react'
import { z } from 'zod'
import { call, Nothing } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { Problem } from '../shared/problem.tsx'
import { hasRole, useSession } from '../shared/session.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { baseOf } from './base-of.ts'
import { IssuedCode } from './issued-code.tsx'
import { HUB_INVITED, isRole, type Role, roleTexts, SITE_INVITED } from './role-texts.ts'
import { useAct } from './use-act.ts'

const texts = defineTexts({
  zh: {
    invite: '邀请',
    inviteTitle: '邀请一位成员',
    inviteSaid: '本人用链接或邀请码自己设置登录名、密码或通行密钥，您不会知道它。',
    roles: '角色',
    issue: '发出邀请',
    close: '关闭',
    oneRole: '请至少选择一个角色',
    edit: '改角色',
    editTitle: '更改“{name}”的角色',
    save: '保存角色',
    suspend: '暂停',
    reinstate: '恢复',
    sessions: '退出登录',
    reset: '重置登录',
    remove: '移除',
    byTwo: '这些角色须由另一人在此页确认后才生效；没有其他人可确认时，72 小时后生效：{roles}。',
    own: '不能更改自己的角色，请由另一位管理员操作',
    askSuspend: '暂停“{name}”？',
    suspendSaid: '从下一个请求起，此人不能再为本机构办理任何事。可以恢复。',
    askReinstate: '恢复“{name}”？',
    reinstateSaid: '从下一个请求起，此人的角色重新有效。',
    askSessions: '让“{name}”退出所有设备？',
    sessionsSaid: '此人须重新登录。没有其他改动。',
    askReset: '重置“{name}”的登录方式？',
    resetSaid: '发出一个一小时内有效的重置码，由您当面交给本人。本人使用后，旧密码、通行密钥与会话全部失效。',
    resetSecond: '此人的角色可以动用资金或更改权限：须由另一位管理员批准后才会发出重置码。',
    proposed: '已提出。请另一位管理员在“邀请与重置”中批准。',
    askRemove: '移除“{name}”？',
    removeSaid: '此人不再是本机构的成员，账号本身不删除。再次加入须重新邀请。',
    doIt: '确定',
  },
  en: {
    invite: 'Invite',
    inviteTitle: 'Invite a member',
    inviteSaid: 'The person chooses login, password or passkey alone, by the link or the code. You never learn it.',
    roles: 'Roles',
    issue: 'Issue the invitation',
    close: 'Close',
    oneRole: 'choose at least one role',
    edit: 'Roles',
    editTitle: 'Change the roles of “{name}”',
    save: 'Save the roles',
    suspend: 'Suspend',
    reinstate: 'Reinstate',
    sessions: 'Sign out',
    reset: 'Reset sign-in',
    remove: 'Remove',
    byTwo:
      'These count once another person confirms them on this page, or after 72 hours where nobody else could: {roles}.',
    own: 'your own roles are changed by another administrator',
    askSuspend: 'Suspend “{name}”?',
    suspendSaid: 'From the next request on this person can do nothing for the organisation. You can reinstate them.',
    askReinstate: 'Reinstate “{name}”?',
    reinstateSaid: 'From the next request on the roles of this person count again.',
    askSessions: 'Sign “{name}” out everywhere?',
    sessionsSaid: 'This person has to sign in again. Nothing else changes.',
    askReset: 'Reset how “{name}” signs in?',
    resetSaid:
      'Issues a code for one hour that you hand over in person. Once it is used, the old password, passkeys and sessions are gone.',
    resetSecond:
      'The roles of this person can move money or change who may: a code is issued once another administrator agrees.',
    proposed: 'Proposed. Another administrator agrees to it under “Invitations and resets”.',
    askRemove: 'Remove “{name}”?',
    removeSaid: 'This person is no member any more; the account stays. Joining again takes a new invitation.',
    doIt: 'Yes',
  },
})

/** Roles that two people give. */
const BY_TWO: Readonly<Record<'site' | 'hub', ReadonlySet<Role>>> = {
  site: new Set(['admin']),
  hub: new Set(['admin', 'operator', 'finance']),
}

/** Roles to choose from; the operator's is given by operators alone. */
function RolePicker(props: {
  readonly value: readonly Role[]
  /** What the member has already, which no second person has to confirm again. */
  readonly counts?: readonly string[]
  readonly onChange: (roles: readonly Role[]) => void
}) {
  const t = useTexts(texts)
  const name = useTexts(roleTexts)
  const session = useSession()
  const hub: readonly Role[] = hasRole(session, 'operator') ? [...HUB_INVITED, 'operator'] : HUB_INVITED
  const offered = session.service === 'site' ? SITE_INVITED : hub
  const waiting = props.value.filter((role) => BY_TWO[session.service].has(role) && !props.counts?.includes(role))
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend>{t('roles')}</legend>
      <Checkbox.Group
        value={[...props.value]}
        onChange={(roles) => props.onChange(roles as Role[])}
        options={offered.map((value) => ({ value, label: name(value) }))}
      />
      {waiting.length > 0 && (
        <p className="bh-small">{t('byTwo', { roles: waiting.map((role) => name(role)).join(' · ') })}</p>
      )}
    </fieldset>
  )
}

/** A button that invites: roles first, then the code to hand over. */
export function Invite() {
  const t = useTexts(texts)
  const session = useSession()
  const [open, setOpen] = useState(false)
  const [roles, setRoles] = useState<readonly Role[]>([])
  const [issued, setIssued] = useState<Issued>()
  const { run, busy, error } = useAct('members')
  const issue = () =>
    run(async () => {
      const path = `${baseOf(session)}/invitations`
      setIssued(await call(IssuedAnswer, path, { method: 'POST', body: { roles } }))
    })
  const close = () => {
    setOpen(false)
    setIssued(undefined)
    setRoles([])
  }
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>
        {t('invite')}
      </Button>
      <Modal
        open={open}
        title={t('inviteTitle')}
        onCancel={close}
        destroyOnHidden
        footer={
          <div className="bh-row bh-row-end">
            <Button onClick={close}>{t('close')}</Button>
            {!issued && (
              <Button type="primary" loading={busy} disabled={roles.length === 0} onClick={() => void issue()}>
                {t('issue')}
              </Button>
            )}
          </div>
        }
      >
        {issued ? (
          <IssuedCode service={session.service} {...issued} />
        ) : (
          <div className="bh-stack">
            <p>{t('inviteSaid')}</p>
            <RolePicker value={roles} onChange={setRoles} />
            {roles.length === 0 && <p className="bh-small">{t('oneRole')}</p>}
            {error !== undefined && <Problem error={error} />}
          </div>
        )}
      </Modal>
    </>
  )
}

type What = 'state' | 'sessions' | 'reset' | 'remove'
const POWERFUL = new Set(['admin', 'operator', 'finance', 'privacy-officer'])

/** What an administrator may do with one member. */
export function MemberActs({ member }: { readonly member: MemberView }) {
  const t = useTexts(texts)
  const session = useSession()
  const held = [...member.roles, ...(member.awaiting?.roles ?? [])]
  const [what, setWhat] = useState<What | 'roles'>()
  const [roles, setRoles] = useState<readonly Role[]>(held.filter(isRole))
  const [issued, setIssued] = useState<Issued>()
  const [proposed, setProposed] = useState(false)
  const { run, busy, error } = useAct('members')
  const path = `${baseOf(session)}/memberships/${member.membershipId}`
  const name = member.name || member.personId
  if (member.personId === session.actorId) return <span className="bh-small">{t('own')}</span>
  const suspended = member.state === 'suspended'
  const words = {
    state: suspended
      ? { title: t('askReinstate', { name }), said: t('reinstateSaid'), act: t('reinstate') }
      : { title: t('askSuspend', { name }), said: t('suspendSaid'), act: t('suspend') },
    sessions: { title: t('askSessions', { name }), said: t('sessionsSaid'), act: t('sessions') },
    reset: {
      ...{ title: t('askReset', { name }), act: t('reset') },
      said: `${t('resetSaid')} ${held.some((role) => POWERFUL.has(role)) ? t('resetSecond') : ''}`,
    },
    remove: { title: t('askRemove', { name }), said: t('removeSaid'), act: t('remove') },
  }
  const confirm = async () => {
    if (what === 'state') {
      const body = { state: suspended ? 'active' : 'suspended' }
      await call(z.looseObject({}), `${path}/state`, { method: 'PUT', body })
    } else if (what === 'sessions') await call(z.looseObject({}), `${path}/sessions`, { method: 'DELETE' })
    else if (what === 'remove') await call(Nothing, path, { method: 'DELETE' })
    else if (what === 'reset') {
      const answer = await call(ResetAnswer, `${path}/reset`, { method: 'POST', body: {} })
      if (answer.state === 'open') setIssued(answer)
      else setProposed(true)
    }
    await run(async () => undefined)
  }
  const button = (key: What | 'roles', label: string) => (
    <Button key={key} size="small" onClick={() => setWhat(key)} aria-label={`${label} ${name}`}>
      {label}
    </Button>
  )
  const asked = what === undefined || what === 'roles' ? undefined : words[what]
  const close = () => {
    setIssued(undefined)
    setProposed(false)
  }
  return (
    <div className="bh-row" style={{ flexWrap: 'wrap' }}>
      {button('roles', t('edit'))}
      {button('state', t(suspended ? 'reinstate' : 'suspend'))}
      {button('sessions', t('sessions'))}
      {button('reset', t('reset'))}
      {button('remove', t('remove'))}
      <Confirm
        open={asked !== undefined}
        title={asked?.title ?? ''}
        act={asked?.act ?? ''}
        danger={what === 'remove' || (what === 'state' && !suspended)}
        onConfirm={confirm}
        onClose={() => setWhat(undefined)}
      >
        <p>{asked?.said}</p>
      </Confirm>
      <Modal
        open={what === 'roles'}
        title={t('editTitle', { name })}
        onCancel={() => setWhat(undefined)}
        destroyOnHidden
        footer={
          <div className="bh-row bh-row-end">
            <Button onClick={() => setWhat(undefined)}>{t('close')}</Button>
            <Button
              type="primary"
              loading={busy}
              disabled={roles.length === 0}
              onClick={() =>
                void run(async () => {
                  await call(z.looseObject({}), `${path}/roles`, { method: 'PUT', body: { roles } })
                  setWhat(undefined)
                })
              }
            >
              {t('save')}
            </Button>
          </div>
        }
      >
        <RolePicker value={roles} counts={member.roles} onChange={setRoles} />
        {error !== undefined && <Problem error={error} />}
      </Modal>
      <Modal
        open={issued !== undefined || proposed}
        title={t('reset')}
        onCancel={close}
        destroyOnHidden
        footer={<Button onClick={close}>{t('close')}</Button>}
      >
        {issued && <IssuedCode service={session.service} {...issued} />}
        {proposed && <p>{t('proposed')}</p>}
      </Modal>
    </div>
  )
}
