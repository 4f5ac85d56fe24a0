import type { JobView } from '@bithive/api/compute'
import { WorkloadResult } from '@bithive/api/workload'
import { invariant, isDomainError } from '@bithive/kernel/errors'
import { sha256Hex } from '@bithive/kernel/ids'
import { openSealed } from '@bithive/kernel/sealed-box'
import type { OrdersDeps } from './deps.ts'
import type { MoveOrder } from './move-order.ts'
import { orderVault } from './prepare-input.ts'
import type { OrderRow } from './store.ts'
import { type RejectCode, verifyResult } from './verify-result.ts'

type Opened =
  | { readonly ok: true; readonly plain: Uint8Array; readonly signed: boolean }
  | { readonly ok: false; readonly fault: string; readonly reject: RejectCode }

async function openAndVerify(deps: OrdersDeps, order: OrderRow, job: JobView): Promise<Opened> {
  const { result, lease, jobId } = job
  const { input, inputSha256, resultKey } = order
  invariant(result && input && inputSha256 && resultKey, 'a returned job has a result, its order has an input')
  const sealed = await deps.hub.getResult(jobId)
  if (sha256Hex(sealed) !== result.sealedSha256) return { ok: false, fault: 'sealed-hash', reject: 'unreadable' }
  const keys = { publicKey: resultKey, privateKey: await orderVault(deps).openSecret(order) }
  let plain: Uint8Array
  try {
    plain = await openSealed(keys, sealed, `result:${jobId}:${result.epoch}`)
  } catch (error) {
    if (!isDomainError(error, 'seal.unreadable')) throw error
    return { ok: false, fault: 'sealed', reject: 'unreadable' }
  }
  const { envelope, signature } = result
  const verified = verifyResult(plain, {
    jobId,
    epoch: result.epoch,
    workload: order.workload,
    version: order.version,
    workloadDigest: order.workloadDigest,
    inputSha256,
    input,
    resultSha256: result.resultSha256,
    sealedSha256: result.sealedSha256,
    ...(envelope && signature ? { signed: { envelope, signature, ...(lease ? { lease } : {}) } } : {}),
  })
  return verified.ok ? { ok: true, plain, signed: envelope !== undefined && signature !== undefined } : verified
}

/**
 * Fetches the result, opens it and holds it against the order. A good one is kept under the person's key; a bad one
 * is refused at the hub, which neither pays nor waits but asks another node.
 */
export const takeResult =
  (deps: OrdersDeps, move: MoveOrder) =>
  async (order: OrderRow, job: JobView): Promise<OrderRow> => {
    const { result } = job
    invariant(result && order.jobId, 'a returned job has a result')
    const { epoch, bytes } = result
    let current = order
    if (order.state !== 'returned') {
      current = await move(order, { to: 'returned', facts: { epoch, sealedBytes: bytes, signed: !!result.envelope } })
    }
    const opened = await openAndVerify(deps, current, job)
    if (!opened.ok) {
      const { fault, reject } = opened
      deps.log.warn({ orderId: order.orderId, epoch, fault }, 'a result was refused')
      await deps.hub.reject(job.jobId, { epoch, code: reject })
      return move(current, {
        to: 'ordered',
        stage: 'result-refused',
        facts: { epoch, fault, code: reject },
        patch: { problem: 'orders.result-refused', nextTryMs: deps.clock.now() },
      })
    }
    await orderVault(deps).putResult(current, opened.plain)
    return move(current, {
      to: 'verified',
      facts: { epoch, resultSha256: result.resultSha256, signature: opened.signed ? 'valid' : 'not-given' },
      patch: { resultEpoch: epoch, resultSha256: result.resultSha256 },
    })
  }

/** Files a verified result with the patient that it belongs to. The reports room files one order once. */
export const fileVerified =
  (deps: OrdersDeps, move: MoveOrder) =>
  async (order: OrderRow): Promise<OrderRow> => {
    const plain = await orderVault(deps).getResult(order)
    invariant(plain && sha256Hex(plain) === order.resultSha256, 'the stored result is the one that was verified')
    const known = deps.workloads.find(({ card }) => card.id === order.workload && card.version === order.version)
    invariant(known, 'the workload of an open order is known')
    const { orderId, personId, studyId, seriesId } = order
    const result = WorkloadResult.parse(JSON.parse(Buffer.from(plain).toString('utf8')))
    const { reportId } = await deps.reports.fileResult({
      orderId,
      personId,
      studyId,
      seriesId,
      card: known.card,
      result,
    })
    return move(order, { to: 'filed', facts: { reportId }, patch: { reportId, nextTryMs: deps.clock.now() } })
  }

/** Tells the hub that the result is good: from here the node is paid. Saying it twice pays once. */
export const acceptResult =
  (deps: OrdersDeps, move: MoveOrder) =>
  async (order: OrderRow): Promise<OrderRow> => {
    const { jobId, resultEpoch, resultSha256 } = order
    invariant(jobId && resultEpoch && resultSha256, 'a filed order has a verified result')
    await deps.hub.accept(jobId, { epoch: resultEpoch, resultSha256 })
    return move(order, { to: 'accepted', facts: { epoch: resultEpoch } })
  }
