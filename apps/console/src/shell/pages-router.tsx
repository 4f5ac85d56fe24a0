import {
  createBrowserHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { roomPages } from '../pages.ts'
import { Loading } from '../shared/loading.tsx'
import type { Page } from '../shared/page-entry.ts'
import { CrashPage, NotFoundPage } from './crash-page.tsx'
import { FirstPage } from './first-page.tsx'
import { Frame } from './frame.tsx'
import { Guard } from './guard.tsx'
import { shellPages } from './shell-pages.ts'

export const allPages: readonly Page[] = [...roomPages, ...shellPages]

/** The routes of every room below one frame. Only the code of the page that is opened is loaded. */
function createPagesRouter() {
  const root = createRootRoute({ component: Frame, notFoundComponent: NotFoundPage })
  const first = createRoute({ getParentRoute: () => root, path: '/', component: FirstPage })
  const routes = allPages.map((page) => {
    const Content = lazy(async () => ({ default: (await page.load()).Page }))
    return createRoute({
      getParentRoute: () => root,
      path: page.path,
      staticData: { page } as object,
      // Asked for while the pointer is on a link, so that the page is there when it is opened.
      loader: async () => void (await page.load()),
      component: () => (
        <Guard page={page}>
          <Suspense fallback={<Loading rows={4} />}>
            <Content />
          </Suspense>
        </Guard>
      ),
    })
  })
  return createRouter({
    routeTree: root.addChildren([first, ...routes]),
    history: createBrowserHistory(),
    defaultErrorComponent: CrashPage,
    defaultPendingComponent: () => <Loading rows={4} />,
    defaultPreload: 'intent',
    scrollRestoration: true,
  })
}

export function PagesRouter() {
  const [router] = useState(createPagesRouter)
  return <RouterProvider router={router} />
}
