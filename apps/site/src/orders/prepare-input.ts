import { sha256Hex } from '@bithive/kernel/ids'
import { createSealKeys } from '@bithive/kernel/sealed-box'
import { writeBundle } from '@bithive/workloads'
import type { OrdersDeps } from './deps.ts'
import type { MoveOrder } from './move-order.ts'
import type { OrderRow } from './store.ts'

const bundleKey = (orderId: string) => `orders/${orderId}/input`
const resultBlobKey = (orderId: string) => `orders/${orderId}/result`
const bundleContext = (orderId: string) => `orders.input:${orderId}`
const resultContext = (orderId: string) => `orders.result:${orderId}`
const secretContext = (orderId: string) => `orders.result-key:${orderId}`

/** What lies encrypted under the person's key while an order is open: gone with the key when they are forgotten. */
export function orderVault(deps: OrdersDeps) {
  const put = async (key: string, order: OrderRow, bytes: Uint8Array, context: string) =>
    deps.blobs.put(key, await deps.dataKeys.encrypt(order.personId, bytes, context))
  const get = async (key: string, order: OrderRow, context: string) => {
    const sealed = await deps.blobs.get(key)
    return sealed && deps.dataKeys.decrypt(order.personId, sealed, context)
  }
  const id = (order: OrderRow) => order.orderId
  return {
    putBundle: (order: OrderRow, bytes: Uint8Array) =>
      put(bundleKey(id(order)), order, bytes, bundleContext(id(order))),
    getBundle: (order: OrderRow) => get(bundleKey(id(order)), order, bundleContext(id(order))),
    putResult: (order: OrderRow, bytes: Uint8Array) =>
      put(resultBlobKey(id(order)), order, bytes, resultContext(id(order))),
    getResult: (order: OrderRow) => get(resultBlobKey(id(order)), order, resultContext(id(order))),
    sealSecret: (order: OrderRow, secret: string) =>
      deps.dataKeys.encrypt(order.personId, Buffer.from(secret), secretContext(id(order))),
    openSecret: async (order: OrderRow) => {
      const sealed = order.resultSecret as Uint8Array
      return Buffer.from(await deps.dataKeys.decrypt(order.personId, sealed, secretContext(id(order)))).toString()
    },
    remove: async (orderId: string) => {
      await deps.blobs.delete(bundleKey(orderId))
      await deps.blobs.delete(resultBlobKey(orderId))
    },
  }
}

/**
 * De-identifies the series, packs it, and makes the key pair that the result is sealed to. The bundle is stored
 * before the row speaks of it: a kill in between makes both anew, and nothing has left yet.
 */
export const prepareInput =
  (deps: OrdersDeps, move: MoveOrder) =>
  async (order: OrderRow): Promise<OrderRow> => {
    const series = await deps.imaging.deidentifySeries(order.studyId, order.seriesId)
    const bundle = writeBundle(series.files.map((file) => ({ name: `${file.sopInstanceUid}.dcm`, bytes: file.bytes })))
    const inputSha256 = sha256Hex(bundle)
    const keys = createSealKeys()
    const vault = orderVault(deps)
    await vault.putBundle(order, bundle)
    return move(order, {
      to: 'preparing',
      stage: 'prepared',
      facts: { inputSha256, inputBytes: bundle.length, images: series.files.length },
      patch: {
        inputSha256,
        inputBytes: bundle.length,
        input: {
          studyInstanceUid: series.studyInstanceUid,
          seriesInstanceUid: series.seriesInstanceUid,
          images: series.files.map(({ sopInstanceUid, rows, columns }) => ({ sopInstanceUid, rows, columns })),
        },
        resultKey: keys.publicKey,
        resultSecret: await vault.sealSecret(order, keys.privateKey),
        nextTryMs: deps.clock.now(),
      },
    })
  }
