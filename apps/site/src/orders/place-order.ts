import { NewOrder, type NewOrderInput } from '@bithive/api/orders'
import type { Actor } from '@bithive/kernel/actor'
import { checkInput, mustAllow } from '@bithive/kernel/http'
import type { AdvanceOrder } from './advance-order.ts'
import type { OrdersDeps } from './deps.ts'
import { orderErrors } from './errors.ts'
import { mayOrder } from './policy.ts'
import * as store from './store.ts'

/**
 * Orders a computation on one series. The order is written first; what follows is driven from its row, here as far
 * as it goes at once and by the worker from then on.
 * @returns the order as it stands: `ordered`, or still `preparing` or `unknown` when the hub could not be asked
 * @throws http.forbidden, http.bad-request, orders.unknown-series, orders.unknown-workload, orders.wrong-modality,
 *   orders.not-allowed (with the consent's reason), orders.refused (with the code of the hub or of de-identifying)
 */
export const placeOrder =
  (deps: OrdersDeps, advance: AdvanceOrder) =>
  async (input: NewOrderInput, actor: Actor): Promise<store.OrderRow> => {
    mustAllow(mayOrder(actor))
    const asked = checkInput(NewOrder, input)
    const draft = await draftOrder(deps, asked, actor)
    if (draft.state === 'draft') {
      await deps.audit.record({
        orgId: deps.orgId,
        actorId: actor.id,
        action: 'orders.place',
        resource: draft.orderId,
        facts: { seriesId: draft.seriesId, workload: draft.workload, tier: draft.tier },
      })
    }
    const placed = await advance(draft.orderId)
    // Once there is a job, a refusal is a state of the order like any other and shows as one.
    if (placed.state === 'refused' && placed.jobId === null) {
      const { orderId, problem } = placed
      const kind = problem?.startsWith('consent.') ? 'not-allowed' : 'refused'
      throw orderErrors.error(kind, { orderId, reason: problem ?? '' })
    }
    return placed
  }

async function draftOrder(deps: OrdersDeps, asked: NewOrder, actor: Actor): Promise<store.OrderRow> {
  const { requestKey, studyId, seriesId, urgency, purpose, maxPrice } = asked
  if (requestKey) {
    const known = await deps.db.asOrg(deps.orgId, (tx) => store.findByRequestKey(tx, requestKey))
    if (known) return known
  }
  const known = deps.workloads.find(({ card }) => card.id === asked.workload)
  if (!known) throw orderErrors.error('unknown-workload')
  const { card, digest } = known
  const facts = await deps.imaging.describeSeries(studyId, seriesId)
  if (!facts) throw orderErrors.error('unknown-series')
  const { modality, personId, bodyPartWords } = facts
  if (!card.modalities.includes(modality)) throw orderErrors.error('wrong-modality', { workload: card.id, modality })
  const release = deps.consent.release({ dataClass: card.dataClass, modality, bodyPartWords })
  const row: store.NewOrderRow = {
    orderId: deps.ids.next('ord'),
    orgId: deps.orgId,
    requestKey: requestKey ?? null,
    personId,
    studyId,
    seriesId,
    workload: card.id,
    version: card.version,
    workloadDigest: digest,
    urgency,
    purpose,
    dataClass: release.dataClass,
    // The stricter of the card and of the site's rules: a workload's author cannot widen where images go.
    tier: card.defaultTier > release.minTier ? card.defaultTier : release.minTier,
    jurisdictions: [],
    maxPrice,
    requestedBy: actor.id,
    nowMs: deps.clock.now(),
  }
  const made = await deps.db.asOrg(deps.orgId, async (tx) => {
    const order = await store.insertOrder(tx, row)
    if (order) {
      const step = { orderId: row.orderId, stage: 'draft', at: row.nowMs, facts: { workload: card.id, tier: row.tier } }
      await store.insertStep(tx, deps.orgId, step)
    }
    return order ?? (requestKey ? store.findByRequestKey(tx, requestKey) : undefined)
  })
  if (!made) throw orderErrors.error('changed-meanwhile')
  return made
}
