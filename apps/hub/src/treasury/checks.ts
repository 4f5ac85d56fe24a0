import type { ChecksAnswer } from '@bithive/api/treasury-desk'
import { formatAmount } from '@bithive/kernel/money'
import { bankAccounts } from './bank-store.ts'
import { checkBank } from './check-bank.ts'
import { checkSupply, type FeedTaker, type Finding } from './check-supply.ts'
import { type Plan, undoHolds, unpackPlan } from './money-act.ts'
import { type Room, SCALES } from './ports.ts'

/** What the running checks found last; a difference that stands is in the database, for every hub to see. */
export type Checks = {
  /** Runs every check once. @returns what stands now */
  readonly run: () => Promise<readonly Finding[]>
  readonly view: () => Promise<ChecksAnswer>
}

async function planOf(room: Room, reference: string): Promise<Plan | undefined> {
  const [row] = await room.db.worker<{ payload: string }[]>`
    SELECT payload FROM kernel.intent WHERE room = 'treasury' AND kind = 'act' AND reference = ${reference}`
  return row && unpackPlan(JSON.parse(row.payload))
}

/**
 * A hold may land after another hub gave its conversion up: it was on its way then. Whoever sees it in the feed frees
 * it.
 */
export function freeLateHolds(room: Room): FeedTaker {
  return async ({ code, reference }) => {
    if (code !== 'conversion-hold' || !reference) return
    const [act] = await room.db.worker`
      SELECT 1 FROM treasury.acts WHERE reference = ${reference} AND state = 'refused'`
    const plan = act && (await planOf(room, reference))
    if (plan) await undoHolds(room, plan)
  }
}

async function keep(room: Room, name: Finding['check'], assets: readonly string[], found: readonly Finding[]) {
  await room.db.worker.begin(async (tx) => {
    for (const asset of assets) {
      const finding = found.find((one) => one.asset === asset)
      if (!finding) {
        await tx`DELETE FROM treasury.findings WHERE check_name = ${name} AND asset = ${asset}`
        continue
      }
      const { expected, stored, transfers } = finding
      await tx`
        INSERT INTO treasury.findings (check_name, asset, since, expected, stored, transfers)
        VALUES (${name}, ${asset}, ${room.clock.now()}, ${expected}, ${stored}, ${transfers as string[]})
        ON CONFLICT (check_name, asset) DO UPDATE SET expected = excluded.expected, stored = excluded.stored,
          transfers = excluded.transfers`
    }
  })
}

type FindingRow = { check_name: Finding['check']; asset: string; since: bigint; expected: string; stored: string } & {
  transfers: string[]
}

async function standing(room: Room): Promise<FindingRow[]> {
  return room.db.worker<FindingRow[]>`SELECT * FROM treasury.findings ORDER BY check_name, asset`
}

export function createChecks(room: Room): Checks {
  let checkedAt: number | null = null
  const take = freeLateHolds(room)
  const run = async () => {
    const found: Finding[] = []
    if (room.rules.allows('money-supply', room.clock.now()).ok) {
      const supply = await checkSupply(room, take)
      if (supply !== 'busy') {
        if (supply) found.push(supply)
        await keep(room, 'supply', ['BTT'], supply ? [supply] : [])
      }
    }
    const currencies = [...new Set((await bankAccounts(room.db.worker)).map(({ currency }) => currency))]
    const bank = await checkBank(room)
    found.push(...bank)
    await keep(room, 'bank', currencies, bank)
    checkedAt = room.clock.now()
    for (const { check, asset, expected, stored, transfers } of found) {
      room.log.error({ check, asset, expected, stored, transfers }, 'a running check found a difference')
    }
    return found
  }
  return {
    run,
    view: async () => {
      const rows = await standing(room)
      const currencies = [...new Set((await bankAccounts(room.db.worker)).map(({ currency }) => currency))]
      const all = [
        ...(room.rules.allows('money-supply', room.clock.now()).ok ? [{ name: 'supply' as const, asset: 'BTT' }] : []),
        ...currencies.map((asset) => ({ name: 'bank' as const, asset })),
      ]
      return {
        checkedAt,
        checks: all.map(({ name, asset }) => {
          const row = rows.find((one) => one.check_name === name && one.asset === asset)
          const amount = (text: string | undefined) =>
            text === undefined ? '' : formatAmount(BigInt(text), SCALES[asset] ?? 0)
          return {
            ...{ name, asset, ok: row === undefined, since: row ? Number(row.since) : null },
            ...{ expected: amount(row?.expected), stored: amount(row?.stored), transfers: row?.transfers ?? [] },
          }
        }),
      }
    },
  }
}
