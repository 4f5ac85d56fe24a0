import type { LocalText } from '@bithive/api/workload'
import type { OrdersDeps } from './deps.ts'
import { hasEnded, ORDER_LIFECYCLE, type OrderState } from './lifecycle.ts'

/** An analysis for the person's own list of records, with what it leaned on and where it went. */
export type PersonOrder = {
  readonly orderId: string
  readonly at: number
  readonly workload: string
  readonly purpose: 'care' | 'research' | 'training' | 'quality'
  readonly dataClass: string
  readonly tier: 0 | 1 | 2 | 3
  readonly state: OrderState
  readonly stateText: LocalText
  readonly ended: boolean
  /** True once the input of the newest lease lies with a node: from then on it cannot be called back. */
  readonly handedOver: boolean
  readonly reportId: string | null
  /** The consents that were found when it was admitted. */
  readonly consentIds: readonly string[]
  /** The node that the images, without name, last went to. */
  readonly sentTo: { readonly name: string; readonly ownerKind: string; readonly jurisdiction: string } | null
}

type Row = Omit<PersonOrder, 'stateText' | 'ended' | 'handedOver' | 'consentIds' | 'sentTo'> & {
  readonly leaseEpoch: number
  readonly stagedEpoch: number
  readonly allowed: { readonly consentIds?: readonly string[] } | null
  readonly lease: { readonly nodeName?: string; readonly ownerKind?: string; readonly jurisdiction?: string } | null
}

/** Between a lost lease and the next one the bytes of the first node are of no use, and the next check comes first. */
const WITH_A_NODE: readonly OrderState[] = ['staged', 'returned', 'verified', 'filed', 'accepted', 'unknown']

const toOrder = ({ leaseEpoch: _, stagedEpoch, allowed, lease, ...row }: Row): PersonOrder => ({
  ...row,
  stateText: ORDER_LIFECYCLE[row.state].text,
  ended: hasEnded(row.state),
  handedOver: stagedEpoch > 0 && WITH_A_NODE.includes(row.state),
  consentIds: allowed?.consentIds ?? [],
  sentTo:
    stagedEpoch > 0 && lease
      ? { name: lease.nodeName ?? '', ownerKind: lease.ownerKind ?? '', jurisdiction: lease.jurisdiction ?? '' }
      : null,
})

/** A person's orders, newest first. @param page `before`: the last line of the page before */
export const ordersOfPerson =
  (deps: Pick<OrdersDeps, 'db' | 'orgId'>) =>
  async (
    personId: string,
    page: { readonly before?: { readonly at: number; readonly id: string } | undefined; readonly limit: number },
  ): Promise<PersonOrder[]> => {
    const { before, limit } = page
    const rows = await deps.db.asOrg(
      deps.orgId,
      (tx) => tx<Row[]>`
        SELECT order_id AS "orderId", created_at_ms::float8 AS at, workload, purpose, data_class AS "dataClass", tier,
          state, report_id AS "reportId", lease_epoch AS "leaseEpoch", staged_epoch AS "stagedEpoch",
          (SELECT facts FROM orders.step s WHERE s.order_id = o.order_id AND stage = 'allowed'
           ORDER BY seq DESC LIMIT 1) AS allowed,
          (SELECT facts FROM orders.step s WHERE s.order_id = o.order_id AND stage = 'leased'
             AND (facts ->> 'epoch')::int = o.staged_epoch ORDER BY seq DESC LIMIT 1) AS lease
        FROM orders.job_order o
        WHERE person_id = ${personId}
          AND (${before === undefined} OR (created_at_ms, order_id COLLATE "C") < (${before?.at ?? 0}, ${before?.id ?? ''}))
        ORDER BY created_at_ms DESC, order_id COLLATE "C" DESC LIMIT ${limit}`,
    )
    return rows.map(toOrder)
  }
