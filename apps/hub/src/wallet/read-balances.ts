import type { WalletBalances } from '@bithive/api/wallet'
import type { LocalText } from '@bithive/api/workload'
import { formatAmount } from '@bithive/kernel/money'
import type { WalletDeps } from './ports.ts'

const KIND_TEXT: Readonly<Record<string, LocalText>> = {
  holder: { zh: '往来账户', en: 'Current account' },
  royalty: { zh: '版税账户', en: 'Royalty account' },
  escrow: { zh: '托管账户', en: 'Escrow account' },
}
const OTHER: LocalText = { zh: '其他账户', en: 'Other account' }

type Sums = { posted: bigint; available: bigint; pendingOut: bigint; pendingIn: bigint }

const partsOf = (sums: Sums, scale: number) => ({
  posted: formatAmount(sums.posted, scale),
  available: formatAmount(sums.available, scale),
  held: formatAmount(sums.pendingOut, scale),
  incoming: formatAmount(sums.pendingIn, scale),
})

/** What an owner has, by asset: one figure, with the sub-accounts that it is the sum of. */
export async function readWalletBalances(deps: WalletDeps, orgId: string): Promise<WalletBalances> {
  const balances = await deps.ledger.balances(orgId)
  const byAsset = [...Map.groupBy(balances, ({ asset }) => asset)]
  return {
    at: deps.clock.now(),
    balances: byAsset.map(([asset, kinds]) => {
      const scale = kinds[0]?.scale ?? 0
      const sum = (pick: keyof Sums) => kinds.reduce((total, one) => total + one[pick], 0n)
      const whole = {
        posted: sum('posted'),
        available: sum('available'),
        pendingOut: sum('pendingOut'),
        pendingIn: sum('pendingIn'),
      }
      const accounts = kinds.flatMap(({ kind, shards }) =>
        shards.map((one) => ({
          kind,
          kindText: KIND_TEXT[kind] ?? OTHER,
          shard: one.shard,
          account: one.account.toString(),
          ...partsOf(one, scale),
        })),
      )
      return { asset, ...partsOf(whole, scale), accounts }
    }),
  }
}
