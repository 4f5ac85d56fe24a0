import type { MemberView } from '@bithive/api/members'
import { z } from 'zod'
import { Act } from '../shared/act.tsx'
import { call } from '../shared/call.ts'
import { Problem } from '../shared/problem.tsx'
import { hasRole, useSession } from '../shared/session.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { baseOf } from './base-of.ts'
import { isRole, roleTexts } from './role-texts.ts'
import { useAct } from './use-act.ts'

const texts = defineTexts({
  zh: {
    waits: '尚未生效：{roles}。须由授予者与本人以外的一人确认。',
    until: '没有其他人可确认，届时自动生效：',
    confirm: '确认',
    gave: '是您授予的，须由另一人确认',
    own: '这是您自己的角色，须由另一人确认',
    cannot: '您的角色不能确认',
  },
  en: {
    waits: 'Not in effect yet: {roles}. It waits for a person who neither gave it nor gets it.',
    until: 'Nobody else could confirm, so it takes effect by itself at',
    confirm: 'Confirm',
    gave: 'you gave it: another person confirms',
    own: 'it is for you: another person confirms',
    cannot: 'your roles do not let you confirm',
  },
})

/** What of a member's roles waits for a second person, and the button for that person. */
export function ConfirmRoles({ member }: { readonly member: MemberView }) {
  const t = useTexts(texts)
  const nameOf = useTexts(roleTexts)
  const session = useSession()
  const { run, busy, error } = useAct('members')
  const { awaiting, membershipId, personId } = member
  if (!awaiting) return null
  const may = session.service === 'site' ? hasRole(session, 'admin') : hasRole(session, 'admin', 'operator', 'finance')
  const reason = () => {
    if (personId === session.actorId) return t('own')
    if (awaiting.givenBy === session.actorId) return t('gave')
    return may ? undefined : t('cannot')
  }
  const path = `${baseOf(session)}/memberships/${membershipId}/confirm`
  const body = { roles: awaiting.roles }
  const roles = awaiting.roles.map((role) => (isRole(role) ? nameOf(role) : role)).join(' · ')
  return (
    <div className="bh-stack" data-awaits-second>
      <span className="bh-small">
        {t('waits', { roles })}
        {awaiting.effectiveAt !== undefined && (
          <>
            {' '}
            {t('until')} <Time at={awaiting.effectiveAt} />
          </>
        )}
      </span>
      <Act
        size="small"
        type="primary"
        loading={busy}
        reason={reason()}
        aria-label={`${t('confirm')} ${member.name || personId}`}
        onClick={() => void run(() => call(z.looseObject({}), path, { method: 'POST', body }))}
      >
        {t('confirm')}
      </Act>
      {error !== undefined && <Problem error={error} />}
    </div>
  )
}
