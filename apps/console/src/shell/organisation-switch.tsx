import { Dropdown } from 'antd'
import { useHouse } from '../shared/house.ts'
import { ChevronIcon } from '../shared/icons.tsx'
import { useSession } from '../shared/session.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { shellTexts } from './texts.ts'

/** For whom the person acts, and everything else that they may act for. */
export function OrganisationSwitch() {
  const t = useTexts(shellTexts)
  const locale = useLocale()
  const session = useSession()
  const { data: house } = useHouse()
  const keyOf = (service: string, orgId: string) => `${service} ${orgId}`
  const items = session.memberships.map(({ service, organisation }) => ({
    key: keyOf(service, organisation.orgId),
    label: (
      <span className="bh-choice">
        <span dir="auto">{organisation.name[locale]}</span>
        <span className="bh-small">{t(service === 'site' ? 'atSite' : 'atHub')}</span>
      </span>
    ),
  }))
  const both = new Set(session.memberships.map(({ service }) => service)).size === 2
  const other = session.service === 'site' ? 'addHub' : 'addSite'
  const more = !both && (other === 'addHub' || house?.hospital !== false) ? [{ key: 'add', label: t(other) }] : []
  const choose = (key: string) => {
    if (key === 'add') return session.addAccount()
    const [service, orgId = ''] = key.split(' ')
    if (service === 'site' || service === 'hub') session.switchTo(service, orgId)
  }
  const { organisation } = session
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [...items, ...more],
        selectable: true,
        selectedKeys: [keyOf(session.service, organisation.orgId)],
        onClick: ({ key }) => choose(key),
      }}
    >
      <button type="button" className="bh-organisation">
        <span className="bh-sr">{t('organisation')} </span>
        <span dir="auto" className="bh-organisation-name">
          {organisation.name[locale]}
        </span>
        {organisation.sample && <span className="bh-sample">{t('sample')}</span>}
        <ChevronIcon />
      </button>
    </Dropdown>
  )
}
