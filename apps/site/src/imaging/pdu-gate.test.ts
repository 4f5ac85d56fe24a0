import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPduGate } from './pdu-gate.ts'

function pdu(type: number, body: Uint8Array): Buffer {
  const out = Buffer.alloc(6 + body.length)
  out[0] = type
  out.writeUInt32BE(body.length, 2)
  out.set(body, 6)
  return out
}

/** A gate over a socket that is only events, with what came through and whether it was closed. */
function gateOver(maxPduBytes: number, mayCarryData = () => true) {
  let destroyed = false
  const socket = Object.assign(new EventEmitter(), {
    destroy: () => {
      destroyed = true
    },
  })
  const seen: string[] = []
  createPduGate(socket as unknown as Socket, { maxPduBytes, mayCarryData }).on('data', (bytes: Buffer) => {
    seen.push(bytes.toString('hex'))
  })
  return { send: (bytes: Buffer) => socket.emit('data', bytes), seen, isDestroyed: () => destroyed }
}

describe('the gate before the protocol library', () => {
  test('PDUs come out whole and in order, however the bytes arrive', () => {
    const anyPdu = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.uint8Array({ maxLength: 200 }))
    fc.assert(
      fc.property(fc.array(anyPdu, { maxLength: 8 }), fc.integer({ min: 1, max: 90 }), (list, size) => {
        const pdus = list.map(([type, body]) => pdu(type, body))
        const gate = gateOver(200)
        const stream = Buffer.concat(pdus)
        for (let at = 0; at < stream.length; at += size) gate.send(stream.subarray(at, at + size))
        expect(gate.seen).toEqual(pdus.map((one) => one.toString('hex')))
        expect(gate.isDestroyed()).toBe(false)
      }),
    )
  })

  test('a PDU over the limit or of an unknown type closes the connection before its bytes are kept', () => {
    for (const bad of [
      Buffer.from([4, 0, 0, 0, 1, 1]),
      Buffer.from([9, 0, 0, 0, 0, 0]),
      Buffer.from([0, 0, 0, 0, 0, 0]),
    ]) {
      const gate = gateOver(256)
      gate.send(Buffer.concat([bad, pdu(4, new Uint8Array(10))]))
      expect(gate.isDestroyed()).toBe(true)
      expect(gate.seen).toEqual([])
    }
  })

  test('data without an association closes the connection, also behind the request that is refused', () => {
    const gate = gateOver(256, () => false)
    const request = pdu(1, new Uint8Array(8))
    gate.send(Buffer.concat([request, pdu(4, new Uint8Array(10)), request]))
    expect(gate.isDestroyed()).toBe(true)
    expect(gate.seen).toEqual([request.toString('hex')])
  })
})
