import { BookOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { defineTexts, useTexts } from './texts.ts'

const texts = defineTexts({ zh: { docs: '说明' }, en: { docs: 'Guide' } })

const DocsDrawer = lazy(async () => ({ default: (await import('./docs-drawer.tsx')).DocsDrawer }))

export type PageProps = {
  readonly title: string
  /** One line below the title: state, count, whose it is. */
  readonly about?: ReactNode
  /** Name of the page below docs/rooms that explains this one: `compute`. */
  readonly docs?: string
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** The frame of every page: its one h1, what can be done, and its guide in a drawer. */
export function Page({ title, about, docs, actions, children }: PageProps) {
  const t = useTexts(texts)
  const [open, setOpen] = useState(false)
  useEffect(() => {
    document.title = `${title} · BitHive`
  }, [title])
  return (
    <div className="bh-page">
      <header className="bh-page-head">
        <div>
          <h1 dir="auto">{title}</h1>
          {about !== undefined && <div className="bh-page-about">{about}</div>}
        </div>
        <div className="bh-row bh-page-acts">
          {docs !== undefined && (
            <Button type="text" icon={<BookOutlined aria-hidden />} onClick={() => setOpen(true)}>
              {t('docs')}
            </Button>
          )}
          {actions}
        </div>
      </header>
      {children}
      {docs !== undefined && open && (
        <Suspense>
          <DocsDrawer name={docs} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </div>
  )
}
