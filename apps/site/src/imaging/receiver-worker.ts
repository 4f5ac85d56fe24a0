import { mkdirSync, statfsSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { Writable } from 'node:stream'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '@bithive/kernel/clock'
import { createIds } from '@bithive/kernel/ids'
import { systemRandomness } from '@bithive/kernel/randomness'
import dimse from 'dcmjs-dimse'
import './dicom-dictionary.ts'
import { createIncomingSink, type Received, type Sink, STORE_STATUS, sinkStream } from './incoming-sink.ts'
import { createPduGate } from './pdu-gate.ts'
import { createSlots, incomingFolders, removeUnfinished } from './queue-slots.ts'
import type { ReceiverConfig, ReceiverMessage } from './receiver.ts'
import { EXPLICIT_LE, IMPLICIT_LE, transferSyntax } from './transfer-syntax.ts'
import { metaElements, writePart10 } from './write-elements.ts'

/**
 * The DICOM receiver's own thread: dcmjs-dimse speaks the protocol, bytes go to disk as they come, and nothing that
 * a parser prints can reach the console, because this thread's standard streams end in the process that started it.
 */
dimse.log.setLevel('silent')

const config = workerData as ReceiverConfig
const folders = incomingFolders(config.directory)
const ids = createIds({ clock: systemClock, randomness: systemRandomness })
const slots = createSlots(folders.queued, () => ids.next('inc'))
const tell = (message: ReceiverMessage) => parentPort?.postMessage(message)

/** Tells of queued files together: waking the other thread for each of them costs more than writing it. */
const TELL_MS = 5
let untold: string[] = []
function tellQueued(name: string): void {
  untold.push(name)
  if (untold.length > 1) return
  void systemClock.sleep(TELL_MS).then(() => {
    tell({ type: 'queued', names: untold })
    untold = []
  })
}

const VERIFICATION = '1.2.840.10008.1.1'
/** Every storage SOP class of PS3.4 annex B lies below this root. */
const STORAGE_ROOT = '1.2.840.10008.5.1.4.1.1.'

const { PresentationContextResult, RejectReason, RejectResult, RejectSource, Status } = dimse.constants
let associations = 0

const plainAddress = (text: string) => (/^[0-9a-fA-F.:]{2,45}$/.test(text) ? text : '?')

/** What is not an AE title is not repeated: a stranger may put anything there. */
const plainAe = (text: string) => (/^[A-Za-z0-9_ -]{1,16}$/.test(text.trim()) ? text.trim() : '?')

/** The first syntax that the peer proposes and we can walk; implicit only when it offers nothing else. */
function chosenSyntax(proposed: readonly string[]): string | undefined {
  const known = proposed.filter((uid) => transferSyntax(uid) !== undefined)
  return known.find((uid) => uid !== IMPLICIT_LE) ?? known[0]
}

function isAllowed(callingAe: string, address: string): boolean {
  return config.peers.some(
    (peer) => peer.aeTitle === callingAe && (peer.addresses.includes('*') || peer.addresses.includes(address)),
  )
}

type Association = dimse.association.Association

/** Accepts or refuses each presentation context: verification and storage, in syntaxes that we can walk. */
function answerContexts(association: Association): void {
  for (const { context } of association.getPresentationContexts()) {
    const abstract = context.getAbstractSyntaxUid()
    const syntax = chosenSyntax(context.getTransferSyntaxUids())
    if (abstract !== VERIFICATION && !abstract.startsWith(STORAGE_ROOT)) {
      context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported)
    } else if (syntax === undefined) {
      context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported)
    } else context.setResult(PresentationContextResult.Accept, syntax)
  }
}

/** Images up to this size are held in memory while they come and written at once. */
const SCRATCH_BYTES = 4_194_304

function openSink(
  context: dimse.association.PresentationContext,
  request: dimse.requests.CStoreRequest,
  scratch: Buffer,
): Sink {
  const announced = {
    sopClassUid: request.getAffectedSopClassUid() ?? '',
    sopInstanceUid: request.getAffectedSopInstanceUid() ?? '',
  }
  const transferSyntaxUid = context.getAcceptedTransferSyntaxUid() ?? EXPLICIT_LE
  return createIncomingSink({
    folders,
    slots,
    scratch,
    prefix: writePart10({ meta: metaElements({ ...announced, transferSyntaxUid }), body: [] }),
    limits: { maxBytes: config.maxObjectBytes, maxElements: config.maxElements, maxDepth: config.maxDepth },
    announced,
    hasRoom: hasRoom(),
  })
}

type StoreAnswer = Pick<
  dimse.Scp,
  'createStoreWritableStream' | 'createDatasetFromStoreWritableStream' | 'cStoreRequest'
>

/** How one association stores: one instance at a time, answered only when its bytes are durable and queued. */
function createStoreAnswer(): StoreAnswer & { readonly cutOff: () => void } {
  const nothing = { status: STORE_STATUS.cannotUnderstand, reason: 'no-data-set' }
  let scratch: Buffer | undefined
  let sink: Sink | undefined
  let received: Received = nothing
  return {
    createStoreWritableStream: (context, request): Writable => {
      // A peer that goes on before the answer has no right to the memory of the image before.
      sink?.drop()
      sink = undefined
      received = nothing
      // What was agreed for one kind of object, or refused, carries no other (PS3.8 section 9.3.2.2).
      const agreed = context.getResult() === PresentationContextResult.Accept
      if (!agreed || context.getAbstractSyntaxUid() !== request.getAffectedSopClassUid()) {
        received = { status: STORE_STATUS.mismatch, reason: 'not-agreed' }
        return new Writable({ write: (_chunk, _encoding, done) => done() })
      }
      scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)
      sink = openSink(context, request, scratch)
      return sinkStream(sink)
    },
    createDatasetFromStoreWritableStream: (_writable, _context, callback) => {
      if (sink) received = sink.finish()
      sink = undefined
      // The library only needs some data set to go on with; ours is on disk.
      callback(new dimse.Dataset({}))
    },
    cStoreRequest: (request, callback) => {
      const response = dimse.responses.CStoreResponse.fromRequest(request)
      response.setStatus(received.status)
      callback(response)
      if ('name' in received) tellQueued(received.name)
      else tell({ type: 'not-stored', status: received.status, reason: received.reason })
      received = nothing
    },
    // An instance cut off in the middle was never acknowledged: the sender has it and sends it again.
    cutOff: () => sink?.drop(),
  }
}

/** Serves one connection from its association request to its end. */
function serve(socket: Socket): void {
  const address = (socket.remoteAddress ?? '').replace('::ffff:', '')
  const timeouts = {
    connectTimeout: config.idleTimeoutMs,
    associationTimeout: config.idleTimeoutMs,
    pduTimeout: config.idleTimeoutMs,
  }
  let accepted = false
  const gateOptions = { maxPduBytes: config.maxPduBytes, mayCarryData: () => accepted }
  const gate = createPduGate(socket, gateOptions) as Socket
  const scp = new dimse.Scp(gate, timeouts)
  const { cutOff, cStoreRequest, ...storing } = createStoreAnswer()
  let counted = false
  let stored = false
  let callingAe = '?'
  const heard = (act: 'echo' | 'store' | 'refused') =>
    tell({ type: 'heard', act, aeTitle: callingAe, address: plainAddress(address) })
  const reject = (result: number, source: number, reason: number) => {
    accepted = false
    heard('refused')
    tell({ type: 'refused', reason })
    scp.sendAssociationReject(result, source, reason)
    socket.end()
  }
  const store: StoreAnswer = {
    ...storing,
    cStoreRequest: (request, callback) => {
      // Once an association: a study of a thousand images is one caller.
      if (!stored) heard('store')
      stored = true
      cStoreRequest(request, callback)
    },
  }
  Object.assign(scp, store, {
    // Set by the library's own server; its time-outs count only while it is true.
    connected: true,
    connectedTime: systemClock.now(),
    associationRequested: (association: Association) => {
      const { Permanent, Transient } = RejectResult
      callingAe = plainAe(association.getCallingAeTitle())
      const called = association.getCalledAeTitle().trim() === config.aeTitle
      if (!called) return reject(Permanent, RejectSource.ServiceUser, RejectReason.CalledAeNotRecognized)
      const allowed = isAllowed(association.getCallingAeTitle().trim(), address)
      if (!allowed) return reject(Permanent, RejectSource.ServiceUser, RejectReason.CallingAeNotRecognized)
      if (counted || associations >= config.maxAssociations) {
        return reject(Transient, RejectSource.ServiceProviderPresentation, RejectReason.LocalLimitExceeded)
      }
      counted = true
      associations += 1
      accepted = true
      answerContexts(association)
      scp.sendAssociationAccept()
    },
    associationReleaseRequested: () => scp.sendAssociationReleaseResponse(),
    abort: () => socket.destroy(),
    cEchoRequest: (
      request: dimse.requests.CEchoRequest,
      callback: (response: dimse.responses.CEchoResponse) => void,
    ) => {
      const response = dimse.responses.CEchoResponse.fromRequest(request)
      response.setStatus(Status.Success)
      heard('echo')
      callback(response)
    },
  })
  scp.on('networkError', () => socket.destroy())
  scp.on('close', () => {
    if (counted) associations -= 1
    counted = false
    cutOff()
  })
}

/** Keeps a reserve free, so that a burst of images cannot stop the database on the same disk. */
function hasRoom(): boolean {
  const disk = statfsSync(folders.queued)
  return disk.bavail * disk.bsize > config.minFreeBytes
}

function start(): void {
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true, mode: 0o700 })
  removeUnfinished(folders)
  dimse.Implementation.setMaxPduLength(config.maxPduBytes)
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    serve(socket)
  })
  // Some more than associations, so that one too many is told so instead of being cut off.
  server.maxConnections = config.maxAssociations * 2 + 8
  server.on('error', (error: NodeJS.ErrnoException) => {
    tell({ type: 'failed', code: error.code ?? 'unknown' })
    parentPort?.close()
  })
  server.listen(config.port, config.host, () => {
    const address = server.address()
    tell({ type: 'listening', port: typeof address === 'object' && address ? address.port : config.port })
  })
  parentPort?.once('message', () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    slots.close()
    parentPort?.close()
  })
}

start()
