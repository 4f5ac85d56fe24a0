import {
  createBrowserHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  Outlet,
  RouterProvider,
  useRouter,
} from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { mPages, mTabs } from './pages.ts'
import { Screen } from './screen.tsx'
import { Strip } from './strip.tsx'
import { Tabs } from './tabs.tsx'
import { mTexts } from './texts.ts'

function Frame() {
  const t = useTexts(mTexts)
  return (
    <div className="m-frame">
      <a className="m-skip" href="#content">
        {t('skip')}
      </a>
      <Strip />
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <Tabs pages={mTabs} />
    </div>
  )
}

function NotFound() {
  const t = useTexts(mTexts)
  return (
    <Screen title={t('notFound')}>
      <p>
        <Link to="/m">{t('home')}</Link>
      </p>
    </Screen>
  )
}

function Crash({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  const t = useTexts(mTexts)
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <Screen title={t('failed')}>
      <Problem error={error} onRetry={retry} />
    </Screen>
  )
}

function createMRouter() {
  const root = createRootRoute({ component: Frame, notFoundComponent: NotFound })
  const routes = mPages.map((page) => {
    const Content = lazy(async () => ({ default: (await page.load()).Page }))
    return createRoute({
      getParentRoute: () => root,
      path: page.path,
      loader: async () => void (await page.load()),
      component: () => (
        <Suspense fallback={<Loading />}>
          <Content />
        </Suspense>
      ),
    })
  })
  return createRouter({
    routeTree: root.addChildren(routes),
    history: createBrowserHistory(),
    defaultErrorComponent: Crash,
    defaultPendingComponent: () => <Loading rows={4} />,
    scrollRestoration: true,
  })
}

export function MRouter() {
  const [router] = useState(createMRouter)
  return <RouterProvider router={router} />
}
