import { MyWallet } from '@bithive/api/patient'
import { useLive } from '../shared/queries.ts'

export const WALLET_KEY = ['ledger', 'my-wallet'] as const

/** The purse lies at the network, whose changes the hospital does not hear of: it is read again every minute. */
export const useWallet = () => useLive(WALLET_KEY, MyWallet, '/site/v1/me/wallet', { everyMs: 60_000 })
