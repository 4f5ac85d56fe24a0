import { deterministicUuid } from '@bithive/kernel/ids'
import { requireBooked, SHARDS, type TransferRequest } from '../ledger/index.ts'
import { readGenesis } from './genesis-document.ts'
import { makeGenesis, readStandingGenesis } from './issue-supply.ts'
import { accountOn, BANK_KIND, DESK, type Place, purposePlace, SAMPLE_BANK } from './network-accounts.ts'
import type { Room } from './ports.ts'
import { SAMPLE_DESK_FEN, SAMPLE_GENESIS } from './sample-genesis.ts'
import type { Settlement } from './settlement.ts'

const PURPOSE = 'sample-funding'

/** Where sample money comes from: of an issued asset the genesis account for it, of a currency no bank at all. */
function sourceOf(asset: string): Place {
  return asset === 'CNY' ? { owner: SAMPLE_BANK, asset, kind: BANK_KIND } : purposePlace(PURPOSE, asset)
}

async function open(room: Room, ...places: readonly Place[]): Promise<void> {
  for (const { owner, asset, kind } of places) await room.ledger.ensureAccounts(owner, asset, kind)
}

type Move = { from: Place; to: Place; amount: bigint; words: readonly string[]; reference: string }

async function moveOnEachShard(room: Room, move: Move): Promise<void> {
  await open(room, move.from, move.to)
  for (const shard of SHARDS) {
    const leg: TransferRequest = {
      id: deterministicUuid('treasury', ...move.words, String(shard)),
      debit: accountOn(move.from, shard),
      credit: accountOn(move.to, shard),
      ...{ amount: move.amount, code: 'sample-funding', reference: move.reference },
    }
    // Older versions gave the same money from elsewhere under the same id: once is once.
    if (await room.ledger.transfer({ shard, id: leg.id })) continue
    requireBooked(await room.ledger.submit([leg]))
  }
}

/** An account of no real bank, so that funding can be tried: it says so wherever it is shown. */
async function registerSampleBank(room: Room): Promise<void> {
  await room.db.worker`
    INSERT INTO treasury.bank_accounts (account, currency, holder, bank, sample, registered_by, registered_at)
    VALUES ('SAMPLE-CNY-001', 'CNY', 'Sample operator 样例运营方', 'Sample bank 样例银行', true, 'system', ${room.clock.now()})
    ON CONFLICT (account) DO NOTHING`
}

/** What a sample hub begins with: the sample genesis, and a desk that has both sides. Safe to repeat. */
export async function prepareSampleMoney(room: Room): Promise<void> {
  const now = room.clock.now()
  if (!room.rules.sample || !room.rules.allows('issue-sample-funding', now).ok) return
  if (room.rules.allows('money-supply', now).ok) {
    const stands = await readStandingGenesis(room)
    const genesis = readGenesis(stands?.document ?? SAMPLE_GENESIS)
    if (!stands || stands.sample) await makeGenesis(room, genesis, { actorId: 'system', orgId: 'network' })
  }
  if (room.rules.allows('bank-funding', now).ok) await registerSampleBank(room)
  if (room.rules.allows('conversion', now).ok) {
    const to: Place = { owner: DESK, asset: 'CNY', kind: 'treasury' }
    const words = ['sample-desk', 'CNY']
    await moveOnEachShard(room, { from: sourceOf('CNY'), to, amount: SAMPLE_DESK_FEN, words, reference: 'sample-desk' })
  }
}

/** Gives a sample organisation its starting money, once for each owner and shard. @throws rules.shut */
export async function fundSample(room: Room, settlement: Settlement, owner: string, fenPerShard: bigint) {
  room.rules.mustAllow('issue-sample-funding', room.clock.now())
  const { asset } = settlement
  await moveOnEachShard(room, {
    from: sourceOf(asset),
    to: { owner, asset, kind: 'holder' },
    amount: settlement.fromAccounting(fenPerShard),
    words: [PURPOSE, owner, asset],
    reference: `sample-funding:${owner}`,
  })
}
