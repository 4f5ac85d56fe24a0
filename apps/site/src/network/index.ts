import type { HttpEnv } from '@bithive/kernel/http'
import type { Live } from '@bithive/kernel/live'
import type { Worker } from '@bithive/kernel/worker'
import type { Hono } from 'hono'
import { type CallHubDeps, createCallHub } from './call-hub.ts'
import { followEvents } from './follow-events.ts'
import { createNetworkRoutes, type NetworkRoutesDeps } from './routes.ts'

export { networkErrors } from './errors.ts'

export type NetworkDeps = CallHubDeps &
  Pick<NetworkRoutesDeps, 'audit' | 'orgId'> & { readonly live: Pick<Live, 'publish'> }

/** The hospital's window on the network: its people ask the hub through the site, with the site's token. */
export type Network = {
  /** Mount under `/site/v1/network`. */
  readonly routes: Hono<HttpEnv>
  readonly workers: readonly Worker[]
}

export function createNetwork(given: NetworkDeps): Network {
  const deps = { ...given, log: given.log.child({ room: 'network' }) }
  return {
    routes: createNetworkRoutes({ ...deps, callHub: createCallHub(deps) }),
    workers: [followEvents(deps)],
  }
}
