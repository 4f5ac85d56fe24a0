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

/**
 * A PDU whose first value is a piece of a command (PS3.8 annex E.2): the library keeps it until the command is whole.
 */
const carriesCommand = (pdu: Buffer) => ((pdu[11] ?? 1) & 1) === 1

/** The length of a PDU with its header, or undefined when it is out of bounds. */
function pduLength(head: Buffer, maxPduBytes: number): number | undefined {
  const type = head[0] as number
  const length = head.readUInt32BE(2)
  const max = type === P_DATA ? maxPduBytes : MAX_CONTROL_PDU
  return type >= 1 && type <= LAST_TYPE && length <= max ? HEADER + length : undefined
}

/**
 * Cuts a byte stream into whole PDUs. Pieces of images are put together in one buffer that is used again: whoever
 * receives them has copied them when the call returns. @returns a function that is false at a PDU out of bounds, or at
 * one that `onPdu` does not take
 */
function createFramer(maxPduBytes: number, onPdu: (pdu: Buffer) => boolean): (chunk: Buffer) => boolean {
  const head = Buffer.alloc(HEADER)
  let body: Buffer | undefined
  let filled = 0
  let length = HEADER

  const fill = (chunk: Buffer, at: number): number => {
    const target = length === HEADER ? head : (body as Buffer)
    const taken = chunk.copy(target, filled, at, at + length - filled)
    filled += taken
    return taken
  }
  const begin = (): boolean => {
    const whole = pduLength(head, maxPduBytes)
    if (whole === undefined) return false
    length = whole
    if (!body || body.length < whole) body = Buffer.allocUnsafeSlow(Math.max(whole, HEADER + 16_384))
    head.copy(body)
    return true
  }
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      at += fill(chunk, at)
      if (filled < length) return true
      if (length === HEADER && !begin()) return false
      if (filled < length) continue
      const pdu = (body as Buffer).subarray(0, length)
      length = HEADER
      filled = 0
      if (!onPdu(pdu[0] === P_DATA && !carriesCommand(pdu) ? pdu : Buffer.from(pdu))) return false
    }
    return true
  }
}

export type GateOptions = {
  readonly maxPduBytes: number
  /** True while an association stands; always, unless told. */
  readonly mayCarryData?: () => boolean
}

/**
 * Stands between a socket and dcmjs-dimse, which takes any length that a peer announces into memory and copies what
 * it has at every chunk. The gate bounds each PDU, hands them on whole, and closes the connection on anything else.
 * The library also takes data from a peer whose association was rejected or never asked for (PS3.8 section 9.2.3,
 * states 3 and 13 allow none), so data without an association ends here.
 */
export function createPduGate(socket: Socket, options: GateOptions): GatedSocket {
  const gate = new EventEmitter()
  const push = createFramer(options.maxPduBytes, (pdu) => {
    if (pdu[0] === P_DATA && options.mayCarryData?.() === false) return false
    gate.emit('data', pdu)
    return true
  })
  let open = true
  socket.on('data', (chunk: Buffer) => {
    open &&= push(chunk)
    if (!open) socket.destroy()
  })
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
