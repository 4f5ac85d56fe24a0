import { AppstoreOutlined } from '@ant-design/icons'
import { Link } from '@tanstack/react-router'
import { useSession } from '../shared/session.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { GROUPS, navigationOf } from './navigation.ts'
import { shellTexts } from './texts.ts'

const GROUP_TEXTS = {
  work: 'groupWork',
  network: 'groupNetwork',
  money: 'groupMoney',
  operations: 'groupOperations',
} as const

/** Navigation by role. Between 900 and 1180 px it folds to icons, each still named. */
export function Rail({ wide = false }: { readonly wide?: boolean }) {
  const t = useTexts(shellTexts)
  const locale = useLocale()
  const pages = navigationOf(useSession())
  return (
    <nav aria-label={t('navigation')} className={wide ? 'bh-rail bh-rail-wide' : 'bh-rail'}>
      {GROUPS.map((group) => {
        const own = pages.filter(({ nav }) => (nav.group ?? 'work') === group)
        if (own.length === 0) return null
        return (
          <div key={group} className="bh-rail-group">
            <p className="bh-rail-title">{t(GROUP_TEXTS[group])}</p>
            <ul>
              {own.map(({ path, title, icon: Icon = AppstoreOutlined, nav: { badge: Badge } }) => (
                <li key={path}>
                  <Link to={path} title={title[locale]} activeProps={{ className: 'bh-here', 'aria-current': 'page' }}>
                    {/* The icons' own labels are English words for drawings. */}
                    <span aria-hidden="true">
                      <Icon />
                    </span>
                    <span className="bh-rail-word">{title[locale]}</span>
                    {Badge && (
                      <span className="bh-rail-badge">
                        <Badge />
                      </span>
                    )}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        )
      })}
    </nav>
  )
}
