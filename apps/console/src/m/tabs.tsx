import { Link } from '@tanstack/react-router'
import type { Page } from '../shared/page-entry.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { mTexts } from './texts.ts'

/** At most four, at the bottom where a thumb is. */
export function Tabs({ pages }: { readonly pages: readonly Page[] }) {
  const t = useTexts(mTexts)
  const locale = useLocale()
  return (
    <nav className="m-tabs" aria-label={t('tabs')}>
      {pages.map(({ path, title, icon: Icon }) => (
        <Link
          key={path}
          to={path}
          activeOptions={{ exact: path === '/m' }}
          activeProps={{ className: 'm-here', 'aria-current': 'page' }}
        >
          {Icon && <Icon />}
          <span>{title[locale]}</span>
        </Link>
      ))}
    </nav>
  )
}
