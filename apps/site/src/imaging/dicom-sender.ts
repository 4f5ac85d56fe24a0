import { connect } from 'node:net'
import dimse from 'dcmjs-dimse'
import './dicom-dictionary.ts'
import { indexInstance } from './dicom-index.ts'
import { imagingErrors } from './errors.ts'
import { createPduGate } from './pdu-gate.ts'

dimse.log.setLevel('silent')

export type DicomTarget = {
  readonly host: string
  readonly port: number
  /** Who we are. */
  readonly callingAe: string
  /** Who they are. */
  readonly calledAe: string
  /** Without a word from the peer for this long the connection is given up. 30 s unless told. */
  readonly timeoutMs?: number
}

/** What became of one file. An answer that never came is a state of its own: the peer may have stored it. */
export type SendOutcome =
  /** `status` is 0 or one of the warnings Bxxx, with which the peer stores the image too. */
  | { readonly state: 'sent'; readonly status: number }
  | { readonly state: 'refused'; readonly reason: 'association' | 'no-context' | 'status'; readonly status: number }
  /** Nothing of this file left. */
  | { readonly state: 'unreachable' }
  /** The request left and the connection ended before an answer. */
  | { readonly state: 'unknown' }

/** A data set as it goes over the wire, and what the request says of it. */
export type PreparedInstance = {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly syntaxUid: string
  readonly dataSet: Uint8Array
}

type Prepared = PreparedInstance & { readonly request: dimse.requests.CStoreRequest }

function readInstance(bytes: Uint8Array): PreparedInstance {
  const { header, file } = indexInstance(bytes)
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = header
  return { sopClassUid, sopInstanceUid, syntaxUid: transferSyntaxUid, dataSet: bytes.subarray(file.metaEnd) }
}

/** A request whose data set is the given bytes: nothing is parsed and written again on the way. */
function prepare(instance: PreparedInstance): Prepared {
  const { sopClassUid, sopInstanceUid, syntaxUid, dataSet } = instance
  const raw = new dimse.Dataset({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid }, syntaxUid)
  const body = Buffer.from(dataSet.buffer, dataSet.byteOffset, dataSet.length)
  Object.assign(raw, { getDenaturalizedDataset: () => body })
  return { ...instance, request: new dimse.requests.CStoreRequest(raw) }
}

/** An association request may carry 128 presentation contexts: odd ids of one byte (PS3.8 section 9.3.2.2). */
const MAX_CONTEXTS = 128

function propose(target: DicomTarget, prepared: readonly Prepared[]): dimse.association.Association {
  const association = new dimse.association.Association(target.callingAe, target.calledAe)
  const pairs = new Map(prepared.map((p) => [`${p.sopClassUid} ${p.syntaxUid}`, p]))
  if (pairs.size > MAX_CONTEXTS) throw imagingErrors.error('too-large', { limit: 'contexts', max: MAX_CONTEXTS })
  for (const { sopClassUid, syntaxUid } of pairs.values()) {
    const id = association.addPresentationContext(sopClassUid)
    association.addTransferSyntaxToPresentationContext(id, syntaxUid)
  }
  return association
}

function isAccepted(association: dimse.association.Association, { sopClassUid, syntaxUid }: Prepared): boolean {
  return association.getPresentationContexts().some(({ context }) => {
    const accepted = context.getResult() === dimse.constants.PresentationContextResult.Accept
    const same = context.getAbstractSyntaxUid() === sopClassUid
    return accepted && same && context.getAcceptedTransferSyntaxUid() === syntaxUid
  })
}

/** DIMSE statuses with which the peer has the image: success and warnings (PS3.7 annex C). */
function outcomeOf(status: number): SendOutcome {
  const stored = status === 0 || (status & 0xf000) === 0xb000
  return stored ? { state: 'sent', status } : { state: 'refused', reason: 'status', status }
}

/**
 * Sends Part 10 files over one association (C-STORE), each in its own transfer syntax and with its own bytes.
 * Resolves with one outcome a file, in their order; it does not throw for what a peer or a network does.
 * @throws what reading a file throws, and imaging.too-large for more than 128 kinds of file
 */
export async function sendInstances(target: DicomTarget, files: readonly Uint8Array[]): Promise<SendOutcome[]> {
  return await sendPrepared(target, files.map(readInstance))
}

/** As `sendInstances`, for data sets that need not be what the request says. @throws imaging.too-large */
export function sendPrepared(target: DicomTarget, instances: readonly PreparedInstance[]): Promise<SendOutcome[]> {
  const prepared = instances.map(prepare)
  const proposal = propose(target, prepared)
  if (prepared.length === 0) return Promise.resolve([])
  return new Promise((resolve) => {
    const timeoutMs = target.timeoutMs ?? 30_000
    const outcomes: SendOutcome[] = []
    let inFlight = false
    const socket = connect({ host: target.host, port: target.port, noDelay: true })
    const gate = createPduGate(socket, { maxPduBytes: 1_048_576 }) as typeof socket
    const network = new dimse.Scp(gate, {
      connectTimeout: timeoutMs,
      associationTimeout: timeoutMs,
      pduTimeout: timeoutMs,
    })
    const settle = (rest: SendOutcome) => {
      if (inFlight) outcomes.push({ state: 'unknown' })
      inFlight = false
      while (outcomes.length < prepared.length) outcomes.push(rest)
      socket.destroy()
      resolve(outcomes)
    }
    const next = (association: dimse.association.Association) => {
      const item = prepared[outcomes.length]
      if (!item) return network.sendAssociationReleaseRequest()
      if (!isAccepted(association, item)) {
        outcomes.push({ state: 'refused', reason: 'no-context', status: 0 })
        return next(association)
      }
      item.request.on('response', (response: dimse.responses.CStoreResponse) => {
        inFlight = false
        outcomes.push(outcomeOf(response.getStatus() ?? dimse.constants.Status.ProcessingFailure))
        next(association)
      })
      inFlight = true
      network.sendRequests(item.request)
    }
    network.on('connect', () => network.sendAssociationRequest(proposal))
    network.on('associationAccepted', next)
    network.on('associationRejected', () => settle({ state: 'refused', reason: 'association', status: 0 }))
    network.on('associationReleaseResponse', () => settle({ state: 'unreachable' }))
    network.on('networkError', () => settle({ state: 'unreachable' }))
    network.on('close', () => settle({ state: 'unreachable' }))
    Object.assign(network, { abort: () => settle({ state: 'unreachable' }) })
  })
}
