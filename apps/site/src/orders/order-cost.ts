import type { JobView } from '@bithive/api/compute'
import type { OrderCost } from '@bithive/api/orders'
import { formatAmount, parseAmount } from '@bithive/kernel/money'

const PAID = ['base-pay', 'royalty', 'fee', 'pool']
const scaleOf = (amount: string) => amount.split('.')[1]?.length ?? 0

function sum(amounts: readonly string[]): string {
  const scale = Math.max(0, ...amounts.map(scaleOf))
  return formatAmount(
    amounts.reduce((total, amount) => total + parseAmount(amount, scale), 0n),
    scale,
  )
}

function stateOf(job: JobView, parts: { held: string; paid: string; refunded: string }): OrderCost['state'] {
  const has = (amount: string) => /[1-9]/.test(amount)
  if (job.state === 'unresolved') return 'unknown'
  if (has(parts.paid)) return 'paid'
  if (has(parts.refunded)) return 'returned'
  if (!has(parts.held)) return 'none'
  return job.state === 'failed' || job.state === 'cancelled' ? 'returning' : 'held'
}

/** Where the money of an order is, from what the hub last said of its job. Undefined: there is no job yet. */
export function orderCost(maxPrice: string, job: JobView | null): OrderCost {
  const none = { held: '0', paid: '0', refunded: '0', maxPrice, currency: 'CNY' }
  if (!job) return { state: 'none', ...none }
  const of = (wanted: readonly string[]) =>
    sum(job.money.filter(({ part }) => wanted.includes(part)).map(({ amount }) => amount))
  const parts = { held: of(['hold']), paid: of(PAID), refunded: of(['refund']) }
  const asset = job.money[0]?.asset ?? job.cancel?.asset
  return {
    state: stateOf(job, parts),
    ...none,
    ...parts,
    ...(asset === undefined ? {} : { asset }),
    ...(job.priceQuoted === undefined ? {} : { price: job.priceQuoted }),
  }
}
