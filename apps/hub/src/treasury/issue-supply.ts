import { deterministicUuid } from '@bithive/kernel/ids'
import { accountIdOf, NETWORK, SHARDS, shardOfAccount, type TransferRequest } from '../ledger/index.ts'
import { emissionOf, endedEpochs, overShards } from './emission-schedule.ts'
import { treasuryErrors } from './errors.ts'
import { GenesisDocument, type ReadGenesis } from './genesis-document.ts'
import { type ActEnd, type Plan, performAct } from './money-act.ts'
import { accountOn, availableOf, type Place, purposePlace, REWARDS } from './network-accounts.ts'
import type { Room } from './ports.ts'

const ASSET = 'BTT'
const SUPPLY: Place = { owner: NETWORK, asset: ASSET, kind: 'supply' }
const POOL: Place = { owner: NETWORK, asset: ASSET, kind: 'pool' }

type By = {
  readonly actorId: string
  readonly approvedBy?: string
  readonly proposalId?: string
  readonly orgId: string
}

/** The allocation that stands, or undefined before it is made. */
export async function readStandingGenesis(
  room: Pick<Room, 'db'>,
): Promise<{ hash: string; document: GenesisDocument; sample: boolean; atMs: number; proposedBy: string } | undefined> {
  const [row] = await room.db.worker<
    { hash: string; document: string; sample: boolean; at: bigint; proposed_by: string }[]
  >`SELECT hash, document, sample, at, proposed_by FROM treasury.genesis WHERE asset = ${ASSET}`
  if (!row) return undefined
  const document = GenesisDocument.parse(JSON.parse(row.document))
  return { hash: row.hash, document, sample: row.sample, atMs: Number(row.at), proposedBy: row.proposed_by }
}

/** Units that an older version of a sample hub issued before there was a genesis: they are counted as such. */
async function noteWhatWasBefore(room: Room): Promise<void> {
  const supply = await room.ledger.balance(NETWORK, ASSET, 'supply')
  for (const { shard, posted } of supply?.shards ?? []) {
    if (posted === 0n) continue
    const id = deterministicUuid('treasury', 'before-genesis', ASSET, String(shard))
    await room.db.worker`
      INSERT INTO treasury.supply_moves (transfer_id, asset, shard, kind, reference, amount, seq)
      SELECT ${id}, ${ASSET}, ${shard}, 'before-genesis', 'before-genesis', ${-posted}, 0
      WHERE NOT EXISTS (SELECT FROM treasury.supply_moves WHERE kind = 'genesis')
      ON CONFLICT (transfer_id) DO NOTHING`
  }
}

/** One linked chain a shard, from the supply to every named account. */
export async function planGenesis(room: Room, genesis: ReadGenesis, by: By): Promise<Plan> {
  await room.ledger.ensureAccounts(NETWORK, ASSET, 'supply')
  const legs: TransferRequest[] = []
  for (const [purpose, amount] of genesis.amounts) {
    const to = purposePlace(purpose, ASSET)
    await room.ledger.ensureAccounts(to.owner, ASSET, to.kind)
    for (const { shard, amount: part } of overShards(amount, SHARDS)) {
      if (part === 0n) continue
      legs.push({
        id: deterministicUuid('treasury', 'genesis', genesis.hash, purpose, String(shard)),
        debit: accountOn(SUPPLY, shard),
        credit: accountOn(to, shard),
        amount: part,
        code: 'genesis',
        reference: `genesis:${genesis.hash.slice(0, 16)}`,
      })
    }
  }
  const first = SHARDS.map((shard) => legs.filter(({ credit }) => shardOfAccount(credit) === shard))
  const chains = first.filter((chain) => chain.length > 0)
  const reference = `genesis:${genesis.hash.slice(0, 16)}`
  return { kind: 'genesis', reference, ...by, first: chains, supply: { asset: ASSET, kind: 'genesis' } }
}

/**
 * Makes the first units, once in the life of a hub: the document and its hash are written down before any of them.
 * @throws treasury.genesis-done when another document stands
 */
export async function makeGenesis(room: Room, genesis: ReadGenesis, by: By): Promise<ActEnd> {
  await noteWhatWasBefore(room)
  await room.db.worker`
    INSERT INTO treasury.genesis (asset, hash, document, sample, at, proposed_by, approved_by)
    VALUES (${ASSET}, ${genesis.hash}, ${genesis.text}, ${genesis.document.sample}, ${room.clock.now()},
      ${by.actorId}, ${by.approvedBy ?? null})
    ON CONFLICT (asset) DO NOTHING`
  const stands = await readStandingGenesis(room)
  if (stands?.hash !== genesis.hash) throw treasuryErrors.error('genesis-done', { hash: stands?.hash ?? '' })
  return performAct(room, await planGenesis(room, genesis, by))
}

type EmissionRow = { epoch: bigint; amount: bigint; poolAmount: bigint }

/** An epoch's emission, written once: a parameter that changes later changes only epochs that are still to come. */
async function writeEpoch(room: Room, epoch: bigint): Promise<EmissionRow> {
  const [firstAmount, periodEpochs, keepBps, poolBps] = await Promise.all([
    room.parameters.get('treasury.emission-first'),
    room.parameters.get('treasury.emission-period-epochs'),
    room.parameters.get('treasury.emission-keep-bps'),
    room.parameters.get('treasury.emission-pool-bps'),
  ])
  const amount = emissionOf(epoch, { firstAmount, periodEpochs, keepBps })
  const pool = (amount * poolBps) / 10_000n
  await room.db.worker`
    INSERT INTO treasury.emissions (asset, epoch, amount, pool_amount, written_at)
    VALUES (${ASSET}, ${epoch}, ${amount}, ${pool}, ${room.clock.now()}) ON CONFLICT (asset, epoch) DO NOTHING`
  const [row] = await room.db.worker<EmissionRow[]>`
    SELECT epoch, amount, pool_amount AS "poolAmount" FROM treasury.emissions
    WHERE asset = ${ASSET} AND epoch = ${epoch}`
  return row as EmissionRow
}

async function planEmission(room: Room, { epoch, amount, poolAmount }: EmissionRow, orgId: string): Promise<Plan> {
  const rewards = purposePlace(REWARDS, ASSET)
  for (const place of [SUPPLY, POOL, rewards]) await room.ledger.ensureAccounts(place.owner, ASSET, place.kind)
  const reference = `emission:${epoch}`
  const parts = [
    { name: 'pool', to: POOL, amount: poolAmount },
    { name: 'rewards', to: rewards, amount: amount - poolAmount },
  ]
  const legs = parts.flatMap(({ name, to, amount: whole }) =>
    overShards(whole, SHARDS).map(({ shard, amount: part }) => ({
      shard,
      leg: {
        id: deterministicUuid('treasury', 'emission', ASSET, String(epoch), name, String(shard)),
        debit: accountIdOf({ ...SUPPLY, shard }),
        credit: accountOn(to, shard),
        amount: part,
        code: 'emission' as const,
        reference,
      },
    })),
  )
  const first = SHARDS.map((on) =>
    legs.filter(({ shard, leg }) => shard === on && leg.amount > 0n).map(({ leg }) => leg),
  )
  const chains = first.filter((chain) => chain.length > 0)
  return {
    kind: 'emission',
    reference,
    orgId,
    actorId: 'system',
    first: chains,
    supply: { asset: ASSET, kind: 'emission' },
  }
}

export type EmissionState =
  | { readonly state: 'none' | 'running'; readonly ended: bigint; readonly written: bigint }
  /** More epochs are due than may be caught up: the clock or the limit needs a person. */
  | { readonly state: 'too-many-due'; readonly ended: bigint; readonly written: bigint }

export async function emissionState(room: Room): Promise<EmissionState> {
  const genesis = await readStandingGenesis(room)
  const [row] = await room.db.worker<{ written: bigint }[]>`
    SELECT coalesce(max(epoch) + 1, 0)::bigint AS written FROM treasury.emissions WHERE asset = ${ASSET}`
  const written = row?.written ?? 0n
  if (!genesis) return { state: 'none', ended: 0n, written }
  const { startsAt, epochMs } = genesis.document.emission
  const ended = endedEpochs(emissionStart(Date.parse(startsAt), epochMs, genesis.atMs), epochMs, room.clock.now())
  const due = ended - written
  const tooMany = due > (await room.parameters.get('treasury.emission-catch-up'))
  return { state: tooMany ? 'too-many-due' : 'running', ended, written }
}

/** Nothing is issued for time before the genesis was made: epochs count from the one that it fell into. */
function emissionStart(startMs: number, epochMs: number, genesisAtMs: number): number {
  if (genesisAtMs <= startMs) return startMs
  return startMs + Math.floor((genesisAtMs - startMs) / epochMs) * epochMs
}

/**
 * Issues what ended epochs are due, each once and in order. After downtime it catches up; a clock that was set back
 * has seen fewer epochs than are written, and nothing happens. @returns how many epochs it issued
 */
export async function emitDue(room: Room, orgId: string): Promise<number> {
  if (!room.rules.allows('money-supply', room.clock.now()).ok) return 0
  const { state, ended, written } = await emissionState(room)
  if (state !== 'running') {
    if (state === 'too-many-due')
      room.log.error({ ended: `${ended}`, written: `${written}` }, 'too many epochs are due')
    return 0
  }
  let issued = 0
  for (let epoch = written; epoch < ended; epoch++) {
    const plan = await planEmission(room, await writeEpoch(room, epoch), orgId)
    // An epoch's row may stand from before a kill; its intent then does too, or is written now.
    if (plan.first.length > 0) await performAct(room, plan)
    issued++
  }
  return issued
}

/** Epochs that were written down and whose act was never begun, by a kill between the two. */
export async function resumeEmission(room: Room, orgId: string): Promise<void> {
  const rows = await room.db.worker<EmissionRow[]>`
    SELECT e.epoch, e.amount, e.pool_amount AS "poolAmount" FROM treasury.emissions e
    LEFT JOIN treasury.acts a ON a.reference = 'emission:' || e.epoch
    WHERE a.reference IS NULL AND e.amount > 0 ORDER BY e.epoch LIMIT 50`
  for (const row of rows) await performAct(room, await planEmission(room, row, orgId))
}

export type BurnOrder = { readonly purpose: string; readonly amount: bigint }

/** Takes units out of existence, on one shard that has them. @returns undefined when no shard does */
export async function planBurn(room: Room, order: BurnOrder, by: By): Promise<Plan | undefined> {
  const from = purposePlace(order.purpose, ASSET)
  await room.ledger.ensureAccounts(NETWORK, ASSET, 'supply')
  const shards = await availableOf(room.ledger, from)
  const full = shards.find(({ available }) => available >= order.amount)
  if (!full) return undefined
  const reference = by.proposalId ?? ''
  const leg: TransferRequest = {
    id: deterministicUuid('treasury', 'burn', reference),
    debit: accountOn(from, full.shard),
    credit: accountOn(SUPPLY, full.shard),
    amount: order.amount,
    code: 'burn',
    reference,
  }
  return { kind: 'burn', reference, ...by, first: [[leg]], supply: { asset: ASSET, kind: 'burn' } }
}
