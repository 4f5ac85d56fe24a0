import { JobPage, type JobView } from '@bithive/api/compute'
import { formatAmount } from '@bithive/kernel/money'
import { createServiceClient } from '../command/service-client.ts'
import type { House } from '../house/open-house.ts'
import type { PreparedSample } from './prepare-sample.ts'

export type Party = {
  readonly orgId: string
  readonly name: { readonly zh: string; readonly en: string }
  readonly asset: string
  readonly paid: string
  readonly earned: string
}

export type Summary = {
  readonly jobs: readonly JobView[]
  /** Base pay transfers that the ledger's feed holds, counted one by one. */
  readonly rewardsPaid: number
  /** Largest difference between debits and credits over all shards and assets; zero when the books balance. */
  readonly trialBalance: string
  readonly balanced: boolean
  readonly asset: string
  readonly parties: readonly Party[]
}

const SHARDS = [0, 1]
const PAGE = 5_000
const EARNING = new Set(['base-pay', 'royalty', 'fee', 'pool'])

/** Every booked transfer of both shards. */
async function readFeed(house: House) {
  const all: Awaited<ReturnType<House['hub']['ledger']['feed']>>[number][] = []
  for (const shard of SHARDS) {
    for (let after = 0n; ; ) {
      const page = await house.hub.ledger.feed({ shard, after, limit: PAGE })
      all.push(...page)
      if (page.length < PAGE) break
      after = page.at(-1)?.seq ?? after
    }
  }
  return all
}

async function readJobs(house: House, sample: PreparedSample): Promise<JobView[]> {
  const hub = createServiceClient({ url: house.url, token: await sample.commandToken() })
  const jobs: JobView[] = []
  for (let after = 0; ; ) {
    const page = JobPage.parse(await hub.get(`/hub/v1/jobs?after=${after}&limit=200`))
    jobs.push(...page.jobs)
    if (page.jobs.length === 0 || page.next === after) return jobs
    after = page.next
  }
}

/** Reads from the ledger and the market what really happened: nothing of it is remembered by the loop. */
export async function summarise(house: House, sample: PreparedSample): Promise<Summary> {
  const { ledger, treasury } = house.hub
  const { asset, scale } = treasury.settlement
  const feed = await readFeed(house)
  const trial = await ledger.trialBalance()
  const worst = trial.lines.reduce((most, { difference }) => {
    const size = difference < 0n ? -difference : difference
    return size > most ? size : most
  }, 0n)
  const owners = new Map<string, { paid: bigint; earned: bigint }>()
  const owned = new Map<bigint, string>()
  const named = [...sample.organisations, { orgId: 'network', name: { zh: '网络服务费', en: 'Network fee' } }]
  for (const { orgId } of named) {
    owners.set(orgId, { paid: 0n, earned: 0n })
    for (const balance of await ledger.balances(orgId)) {
      for (const part of balance.shards) owned.set(part.account, orgId)
    }
  }
  for (const { debit, credit, amount, code, step } of feed) {
    const payer = owners.get(owned.get(debit) ?? '')
    const payee = owners.get(owned.get(credit) ?? '')
    if (payer && step === 'post' && code === 'capture') payer.paid += amount
    if (payee && code && EARNING.has(code)) payee.earned += amount
  }
  return {
    jobs: await readJobs(house, sample),
    rewardsPaid: feed.filter(({ code }) => code === 'base-pay').length,
    trialBalance: formatAmount(worst, scale),
    balanced: trial.balanced,
    asset,
    parties: named.flatMap(({ orgId, name }) => {
      const sums = owners.get(orgId)
      if (!sums || (sums.paid === 0n && sums.earned === 0n)) return []
      return [{ orgId, name, asset, paid: formatAmount(sums.paid, scale), earned: formatAmount(sums.earned, scale) }]
    }),
  }
}
