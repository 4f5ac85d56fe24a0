import { connect } from 'node:net'
import dimse from 'dcmjs-dimse'
import type { DicomTarget } from './dicom-sender.ts'
import { createPduGate } from './pdu-gate.ts'

dimse.log.setLevel('silent')

/** `unknown`: the peer took the association and then said nothing. */
export type EchoState = 'answered' | 'refused' | 'unreachable' | 'unknown'

const TIMEOUT_MS = 10_000

/** Asks a peer whether it is there and lets us in: C-ECHO (PS3.4 annex A). It never throws for what a peer does. */
export function echoPeer(target: DicomTarget): Promise<EchoState> {
  return new Promise((resolve) => {
    const timeoutMs = target.timeoutMs ?? TIMEOUT_MS
    let state: EchoState = 'unreachable'
    const socket = connect({ host: target.host, port: target.port, noDelay: true })
    const gate = createPduGate(socket, { maxPduBytes: 262_144 }) as typeof socket
    const times = { connectTimeout: timeoutMs, associationTimeout: timeoutMs, pduTimeout: timeoutMs }
    const network = new dimse.Scp(gate, times)
    const settle = () => {
      socket.destroy()
      resolve(state)
    }
    // An address that swallows packets gives no event for minutes.
    socket.setTimeout(timeoutMs, settle)
    const request = new dimse.requests.CEchoRequest()
    request.on('response', (response: dimse.responses.CEchoResponse) => {
      state = response.getStatus() === dimse.constants.Status.Success ? 'answered' : 'refused'
      network.sendAssociationReleaseRequest()
    })
    const association = new dimse.association.Association(target.callingAe, target.calledAe)
    association.addPresentationContextFromRequest(request)
    network.on('connect', () => network.sendAssociationRequest(association))
    network.on('associationAccepted', () => {
      state = 'unknown'
      network.sendRequests(request)
    })
    network.on('associationRejected', () => {
      state = 'refused'
      settle()
    })
    for (const end of ['associationReleaseResponse', 'networkError', 'close'] as const) network.on(end, settle)
    Object.assign(network, { abort: settle })
  })
}
