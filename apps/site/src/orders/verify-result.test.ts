import { canonicalEnvelope } from '@bithive/api/result-envelope'
import type { WorkloadResult } from '@bithive/api/workload'
import { sha256Hex } from '@bithive/kernel/ids'
import { createSignKeys, signText } from '@bithive/kernel/sealed-box'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Expected, VERIFY_FAULTS, type Verified, verifyResult } from './verify-result.ts'

const UCUM = (value: string) => ({ value, scheme: 'UCUM', meaning: value })
const LUNG = { value: '39607008', scheme: 'SCT', meaning: 'Lung' }

const good: WorkloadResult = {
  workload: 'imaging.ct.lung-density',
  version: '1.0.0',
  inputSha256: 'a'.repeat(64),
  studyInstanceUid: '2.25.1',
  seriesInstanceUid: '2.25.2',
  measurements: [
    { key: 'laa-950', concept: LUNG, value: 0.5, unit: UCUM('%') },
    { key: 'lungs-area', concept: LUNG, value: 230.1, unit: UCUM('cm2'), segment: 1 },
  ],
  segments: [
    {
      number: 1,
      label: 'Lung',
      category: LUNG,
      type: LUNG,
      rows: 4,
      columns: 3,
      frames: [{ sopInstanceUid: '2.25.3', runs: [5, 4, 3] }],
    },
  ],
  facts: {},
}

const node = createSignKeys()
const lease = {
  leaseId: 'lea_1',
  epoch: 2,
  nodeId: 'nod_1',
  nodeName: 'Node',
  ownerOrgId: 'org_1',
  ownerKind: 'home',
  region: 'guangzhou',
  jurisdiction: 'CN',
  nodeKey: node.publicKey,
  signKey: node.publicKey,
  expiresAt: 1,
} as const

type Change = {
  result?: object
  envelope?: object
  expected?: Partial<Expected>
  signature?: string
  shownLease?: object
  unsigned?: boolean
}

/** Verifies the good result with one thing changed; hashes and signature fit what was changed unless told. */
function verify(change: Change = {}): Verified {
  const { result = {}, envelope = {}, expected = {}, signature, shownLease = { lease }, unsigned = false } = change
  const plain = Buffer.from(JSON.stringify({ ...good, ...result }))
  const resultSha256 = sha256Hex(plain)
  const signed = {
    jobId: 'job_1',
    epoch: 2,
    nodeId: 'nod_1',
    workload: good.workload,
    version: good.version,
    workloadDigest: 'd'.repeat(64),
    inputSha256: good.inputSha256,
    resultSha256,
    sealedSha256: 'e'.repeat(64),
    cpuMs: 1,
    startedAt: 1,
    endedAt: 2,
    ...envelope,
  }
  return verifyResult(plain, {
    jobId: 'job_1',
    epoch: 2,
    workload: good.workload,
    version: good.version,
    workloadDigest: 'd'.repeat(64),
    inputSha256: good.inputSha256,
    input: {
      studyInstanceUid: '2.25.1',
      seriesInstanceUid: '2.25.2',
      images: [{ sopInstanceUid: '2.25.3', rows: 4, columns: 3 }],
    },
    resultSha256,
    sealedSha256: 'e'.repeat(64),
    ...(unsigned
      ? {}
      : {
          signed: {
            envelope: signed,
            signature: signature ?? signText(node, canonicalEnvelope(signed)),
            ...shownLease,
          },
        }),
    ...expected,
  })
}

const refused = (fault: keyof typeof VERIFY_FAULTS) => ({ ok: false, fault, reject: VERIFY_FAULTS[fault] })
const [segment] = good.segments as [WorkloadResult['segments'][number]]
const [laa, area] = good.measurements as [
  WorkloadResult['measurements'][number],
  WorkloadResult['measurements'][number],
]
const frame = (change: object) => ({ segments: [{ ...segment, frames: [{ ...segment.frames[0], ...change }] }] })

describe('checking a result against its order', () => {
  test('a good one passes and is given back whole', () => {
    expect(verify()).toEqual({ ok: true, result: good })
  })

  test.each([
    ['result-hash', { expected: { resultSha256: 'b'.repeat(64) } }],
    ['envelope', { envelope: { jobId: 'job_2' } }],
    ['envelope', { envelope: { epoch: 1 } }],
    ['envelope', { envelope: { nodeId: 'nod_2' } }],
    ['envelope', { envelope: { workloadDigest: 'c'.repeat(64) } }],
    ['envelope', { envelope: { inputSha256: 'c'.repeat(64) } }],
    ['envelope', { envelope: { resultSha256: 'c'.repeat(64) } }],
    ['envelope', { envelope: { sealedSha256: 'c'.repeat(64) } }],
    ['signature', { signature: 'A'.repeat(86) }],
    ['schema', { result: { extra: 1 } }],
    ['schema', { result: { measurements: [] } }],
    ['input-hash', { result: { inputSha256: 'f'.repeat(64) } }],
    ['workload', { result: { workload: 'imaging.mr.brain-volume' } }],
    ['workload', { result: { version: '1.0.1' } }],
    ['study', { result: { studyInstanceUid: '2.25.9' } }],
    ['series', { result: { seriesInstanceUid: '2.25.9' } }],
    ['image', { result: frame({ sopInstanceUid: '2.25.9' }) }],
    ['image', { result: { segments: [{ ...segment, frames: [...segment.frames, ...segment.frames] }] } }],
    ['mask-geometry', { result: { segments: [{ ...segment, rows: 3, columns: 4 }] } }],
    ['mask-runs', { result: frame({ runs: [5, 4] }) }],
    ['segment', { result: { segments: [segment, segment] } }],
    ['segment', { result: { measurements: [{ ...area, segment: 2 }] } }],
    ['measurement', { result: { measurements: [laa, laa] } }],
    ['measurement', { result: { measurements: [{ ...laa, key: 'made-up' }] } }],
    ['measurement', { result: { measurements: [{ ...laa, unit: UCUM('mL') }] } }],
    ['range', { result: { measurements: [{ ...laa, value: 101 }] } }],
    ['range', { result: { measurements: [{ ...laa, value: -1 }] } }],
  ] as const)('%s: %j', (fault, change) => {
    expect(verify(change as Change)).toEqual(refused(fault))
  })

  test('bytes that are no JSON are unreadable', () => {
    const plain = Buffer.from([0xff, 0xfe, 0x00])
    const expected = { resultSha256: sha256Hex(plain) } as Expected
    expect(verifyResult(plain, expected)).toEqual(refused('not-json'))
  })

  test("another key's signature over the right envelope is refused", () => {
    const other = createSignKeys()
    const good = verify()
    expect(good.ok).toBe(true)
    expect(verify({ expected: {}, signature: signText(other, 'anything') })).toEqual(refused('signature'))
  })

  test('a hub that leaves out the signature, or the lease that it is checked against, passes nothing off', () => {
    expect(verify({ unsigned: true })).toEqual(refused('signature'))
    expect(verify({ shownLease: {} })).toEqual(refused('signature'))
    expect(verify({ shownLease: { lease: { ...lease, epoch: 1 } } })).toEqual(refused('signature'))
  })

  test('whatever bytes come, it answers and does not throw', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
    )
    fc.assert(
      fc.property(anything, (bytes) => {
        const verdict = verifyResult(bytes, { resultSha256: sha256Hex(bytes) } as Expected)
        expect(verdict.ok).toBe(false)
      }),
    )
  })

  test('no change of one figure beyond its range passes', () => {
    // JSON has no NaN: it would be refused as something else.
    const figure = (min: number, max: number) => fc.double({ min, max, noNaN: true })
    const outside = fc.oneof(figure(100.0001, 1e12), figure(-1e12, -0.0001))
    fc.assert(
      fc.property(outside, (value) => {
        expect(verify({ result: { measurements: [{ ...laa, value }] } })).toEqual(refused('range'))
      }),
    )
  })
})
