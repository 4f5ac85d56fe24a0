import { type AccountId, type AccountKind, accountIdOf, NETWORK, SHARDS } from '../ledger/index.ts'

/** A purpose that the network keeps money for: `desk`, `rewards`, a name of the genesis document. */
export const PURPOSE = /^[a-z][a-z0-9-]{1,30}$/

/** The bank's side and what nobody is found for: only statements and what follows from them move it. */
export const CLOSED_PURPOSES: readonly string[] = ['bank', 'sample-bank', 'suspense']

/** The owner of a purpose's accounts. */
export const purposeOwner = (purpose: string): string => `${NETWORK}:${purpose}`

/** The desk's stock of each asset: the counterparty of every conversion. */
export const DESK = purposeOwner('desk')
/** What emission sets aside for stipends. */
export const REWARDS = 'rewards'
/** The bank's side of every deposit: in debit by what the bank holds for us. */
export const BANK = purposeOwner('bank')
/** Sample money of a currency comes from here and stands for no bank. */
export const SAMPLE_BANK = purposeOwner('sample-bank')
/** Received, and nobody knows yet whose it is. */
export const SUSPENSE = purposeOwner('suspense')
/** Each grant's locked money has an account of its own. */
export const grantOwner = (grantId: string): string => `${NETWORK}:grant:${grantId}`

/** A place in the ledger: the id of its account on one shard. */
export type Place = { readonly owner: string; readonly asset: string; readonly kind: AccountKind }

export const accountOn = (place: Place, shard: number): AccountId => accountIdOf({ ...place, shard })

export const purposePlace = (purpose: string, asset: string): Place => ({
  owner: purposeOwner(purpose),
  asset,
  kind: 'treasury',
})

type Balances = {
  readonly balance: (
    owner: string,
    asset: string,
    kind: AccountKind,
  ) => Promise<{ shards: readonly { shard: number; available: bigint }[] } | undefined>
}

/** What a place can spend on each shard; 0 where it has no account yet. */
export async function availableOf(ledger: Balances, place: Place): Promise<{ shard: number; available: bigint }[]> {
  const balance = await ledger.balance(place.owner, place.asset, place.kind)
  return SHARDS.map((shard) => ({
    shard,
    available: balance?.shards.find((part) => part.shard === shard)?.available ?? 0n,
  }))
}

/** What the bank holds for the network stands in debit. */
export const BANK_KIND: AccountKind = 'custody'

export const bankPlace = (asset: string): Place => ({ owner: BANK, asset, kind: BANK_KIND })
export const suspensePlace = (asset: string): Place => ({ owner: SUSPENSE, asset, kind: 'treasury' })
