import type { HttpEnv } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import type { WalletDeps } from './ports.ts'
import { createWalletRoutes } from './routes.ts'

export { walletErrors } from './errors.ts'
export type { Party, WalletDeps } from './ports.ts'

/** What an organisation reads of its own money: balances, entries with their story, statements. It books nothing. */
export function createWallet(deps: WalletDeps): { readonly routes: Hono<HttpEnv> } {
  return { routes: createWalletRoutes(deps) }
}
