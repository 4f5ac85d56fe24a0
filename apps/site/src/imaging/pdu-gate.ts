import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

/** What dcmjs-dimse uses of a socket. */
export type GatedSocket = Pick<Socket, 'setTimeout' | 'write' | 'end' | 'destroy' | 'on'>

/** A-ASSOCIATE-RQ to A-ABORT (PS3.8 section 9.3.1). */
const LAST_TYPE = 0x07
const HEADER = 6
const P_DATA = 0x04
/** Room for an association request with all its presentation contexts. */
const MAX_CONTROL_PDU = 1_048_576

type Framer = { readonly push: (chunk: Buffer) => void }

/** Cuts a byte stream into whole PDUs, or calls `refuse` at the first header that is out of bounds. */
function createFramer(maxPduBytes: number, onPdu: (pdu: Buffer) => void, refuse: () => void): Framer {
  let held: Buffer[] = []
  let heldBytes = 0
  let refused = false
  const pduLength = (head: Buffer): number => {
    const type = head[0] as number
    const length = head.readUInt32BE(2)
    const max = type === P_DATA ? maxPduBytes : MAX_CONTROL_PDU
    return type >= 1 && type <= LAST_TYPE && length <= max ? HEADER + length : -1
  }
  return {
    push: (chunk) => {
      if (refused) return
      held.push(chunk)
      heldBytes += chunk.length
      while (heldBytes >= HEADER && !refused) {
        const first = held[0] as Buffer
        const head = first.length >= HEADER ? first : Buffer.concat(held)
        const length = pduLength(head)
        if (length < 0) {
          refused = true
          held = []
          refuse()
          return
        }
        if (heldBytes < length) return
        const all = held.length === 1 ? first : Buffer.concat(held)
        const rest = all.subarray(length)
        held = rest.length > 0 ? [rest] : []
        heldBytes = rest.length
        onPdu(all.subarray(0, length))
      }
    },
  }
}

/**
 * Stands between a socket and dcmjs-dimse, which takes any length that a peer announces into memory and copies what
 * it has at every chunk. The gate bounds each PDU, hands them on whole, and closes the connection on anything else.
 */
export function createPduGate(socket: Socket, options: { readonly maxPduBytes: number }): GatedSocket {
  const gate = new EventEmitter()
  const framer = createFramer(
    options.maxPduBytes,
    (pdu) => gate.emit('data', pdu),
    () => socket.destroy(),
  )
  socket.on('data', framer.push)
  for (const event of ['connect', 'timeout', 'close', 'error'] as const) {
    socket.on(event, (...args: unknown[]) => gate.emit(event, ...args))
  }
  return Object.assign(gate, {
    setTimeout: (ms: number, listener?: () => void) => socket.setTimeout(ms, listener),
    write: (...args: Parameters<Socket['write']>) => (socket.writable ? socket.write(...args) : false),
    end: () => socket.end(),
    destroy: (error?: Error) => socket.destroy(error),
  }) as unknown as GatedSocket
}
