import { LogoutOutlined, UserOutlined } from '@ant-design/icons'
import { useNavigate } from '@tanstack/react-router'
import { App, Dropdown } from 'antd'
import { Problem } from '../shared/problem.tsx'
import { useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { shellTexts } from './texts.ts'

/** The person: own account, and the way out. */
export function PersonMenu() {
  const t = useTexts(shellTexts)
  const session = useSession()
  const navigate = useNavigate()
  const { modal } = App.useApp()
  const leave = async () => {
    // Somebody who leaves a shared computer must know when they are still signed in.
    await session.signOut().catch((error) => void modal.error({ icon: null, content: <Problem error={error} /> }))
  }
  const name = session.name || session.login
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'account', icon: <UserOutlined aria-hidden />, label: t('person') },
          { key: 'out', icon: <LogoutOutlined aria-hidden />, label: t('signOut') },
        ],
        onClick: ({ key }) => void (key === 'out' ? leave() : navigate({ to: '/account' })),
      }}
    >
      <button type="button" className="bh-person">
        <span className="bh-sr">{t('person')} </span>
        <span className="bh-avatar" aria-hidden="true">
          {[...name][0] ?? '·'}
        </span>
        <span className="bh-person-name" dir="auto">
          {name}
        </span>
      </button>
    </Dropdown>
  )
}
