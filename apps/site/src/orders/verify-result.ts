import type { LeaseView, RejectResult, ResultEnvelope } from '@bithive/api/compute'
import { canonicalEnvelope } from '@bithive/api/result-envelope'
import { type Segment, WorkloadResult } from '@bithive/api/workload'
import { sha256Hex } from '@bithive/kernel/ids'
import { verifyText } from '@bithive/kernel/sealed-box'
import type { z } from 'zod'
import { plausibleRange } from './plausible-ranges.ts'
import type { OrderInput } from './schema.ts'

/** What this order expects. Nothing here comes from the node. */
export type Expected = {
  readonly jobId: string
  readonly epoch: number
  readonly workload: string
  readonly version: string
  readonly workloadDigest: string
  readonly inputSha256: string
  readonly input: OrderInput
  /** Hash of the plain result that the hub holds the node to. */
  readonly resultSha256: string
  readonly sealedSha256: string
  /** What the node signed, as the hub passes it on; without it nobody answers for the result but the hub. */
  readonly signed?: { readonly envelope: ResultEnvelope; readonly signature: string; readonly lease?: LeaseView }
}

export type RejectCode = z.infer<typeof RejectResult>['code']

/** Why a result is refused, and what the hub is told. */
export const VERIFY_FAULTS = {
  'not-json': 'unreadable',
  schema: 'unreadable',
  'result-hash': 'bad-signature',
  envelope: 'bad-signature',
  signature: 'bad-signature',
  'input-hash': 'wrong-input',
  workload: 'wrong-input',
  study: 'wrong-study',
  series: 'wrong-study',
  image: 'wrong-study',
  'mask-geometry': 'implausible',
  'mask-runs': 'implausible',
  segment: 'implausible',
  measurement: 'implausible',
  range: 'implausible',
} as const satisfies Record<string, RejectCode>
type VerifyFault = keyof typeof VERIFY_FAULTS

export type Verified =
  | { readonly ok: true; readonly result: WorkloadResult }
  | { readonly ok: false; readonly fault: VerifyFault; readonly reject: RejectCode }

const refuse = (fault: VerifyFault): Verified => ({ ok: false, fault, reject: VERIFY_FAULTS[fault] })

function parse(plain: Uint8Array): WorkloadResult | VerifyFault {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain))
  } catch {
    return 'not-json'
  }
  const checked = WorkloadResult.safeParse(value)
  return checked.success ? checked.data : 'schema'
}

/** The node's signature binds job, lease, input and output; each part must be the one of this order. */
function checkSigned(expected: Expected): VerifyFault | undefined {
  const { signed } = expected
  if (!signed) return 'signature'
  const { envelope, signature, lease } = signed
  const same =
    envelope.jobId === expected.jobId &&
    envelope.epoch === expected.epoch &&
    envelope.workload === expected.workload &&
    envelope.version === expected.version &&
    envelope.workloadDigest === expected.workloadDigest &&
    envelope.inputSha256 === expected.inputSha256 &&
    envelope.resultSha256 === expected.resultSha256 &&
    envelope.sealedSha256 === expected.sealedSha256
  if (!same) return 'envelope'
  // The hub shows the lease for as long as it shows the result, so one without the other is no mere gap.
  if (lease?.epoch !== envelope.epoch) return 'signature'
  if (lease.nodeId !== envelope.nodeId) return 'envelope'
  return verifyText(lease.signKey, canonicalEnvelope(envelope), signature) ? undefined : 'signature'
}

function checkSegment(segment: Segment, images: ReadonlyMap<string, { rows: number; columns: number }>) {
  const seen = new Set<string>()
  for (const frame of segment.frames) {
    const image = images.get(frame.sopInstanceUid)
    if (!image || seen.has(frame.sopInstanceUid)) return 'image'
    seen.add(frame.sopInstanceUid)
    if (segment.rows !== image.rows || segment.columns !== image.columns) return 'mask-geometry'
    if (frame.runs.reduce((sum, run) => sum + run, 0) !== image.rows * image.columns) return 'mask-runs'
  }
  return undefined
}

function checkContent(result: WorkloadResult, expected: Expected): VerifyFault | undefined {
  const images = new Map(expected.input.images.map((image) => [image.sopInstanceUid, image]))
  const numbers = new Set(result.segments.map((segment) => segment.number))
  if (numbers.size !== result.segments.length) return 'segment'
  for (const segment of result.segments) {
    const fault = checkSegment(segment, images)
    if (fault) return fault
  }
  const keys = new Set<string>()
  for (const { key, unit, value, segment } of result.measurements) {
    const range = plausibleRange(result.workload, key, unit.value)
    if (!range || range.unit !== unit.value || unit.scheme !== 'UCUM' || keys.has(key)) return 'measurement'
    if (segment !== undefined && !numbers.has(segment)) return 'segment'
    if (value < range.min || value > range.max) return 'range'
    keys.add(key)
  }
  return undefined
}

/**
 * Decides whether opened bytes are a result of this order: of its input, its study and its workload, signed by the
 * node that had the lease, with figures that can be true. Pure.
 * @param plain the opened result, UTF-8 JSON as the workload wrote it
 */
export function verifyResult(plain: Uint8Array, expected: Expected): Verified {
  if (sha256Hex(plain) !== expected.resultSha256) return refuse('result-hash')
  const result = parse(plain)
  if (typeof result === 'string') return refuse(result)
  const signed = checkSigned(expected)
  if (signed) return refuse(signed)
  if (result.inputSha256 !== expected.inputSha256) return refuse('input-hash')
  if (result.workload !== expected.workload || result.version !== expected.version) return refuse('workload')
  if (result.studyInstanceUid !== expected.input.studyInstanceUid) return refuse('study')
  if (result.seriesInstanceUid !== expected.input.seriesInstanceUid) return refuse('series')
  const fault = checkContent(result, expected)
  return fault ? refuse(fault) : { ok: true, result }
}
