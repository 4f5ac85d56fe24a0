import { describe, expect, test } from 'vitest'
import type { ResultEnvelope } from './compute.ts'
import { canonicalEnvelope } from './result-envelope.ts'

const envelope: ResultEnvelope = {
  jobId: 'job_1',
  epoch: 2,
  nodeId: 'node_1',
  workload: 'imaging.ct.lung-density',
  version: '1.0.0',
  workloadDigest: 'a'.repeat(64),
  inputSha256: 'b'.repeat(64),
  resultSha256: 'c'.repeat(64),
  sealedSha256: 'd'.repeat(64),
  cpuMs: 12,
  startedAt: 1_000,
  endedAt: 2_000,
}

describe('the text of a result envelope', () => {
  test('is the same whatever order the keys came in', () => {
    const reversed = Object.fromEntries(Object.entries(envelope).reverse()) as ResultEnvelope
    expect(canonicalEnvelope(reversed)).toBe(canonicalEnvelope(envelope))
    expect(canonicalEnvelope(envelope)).toBe(JSON.stringify(envelope))
  })

  test('changes with every field', () => {
    const texts = Object.entries(envelope).map(([key, value]) => {
      const other = typeof value === 'number' ? value + 1 : value.replace(/.$/, (last) => (last === 'e' ? 'f' : 'e'))
      return canonicalEnvelope({ ...envelope, [key]: other })
    })
    expect(new Set([canonicalEnvelope(envelope), ...texts]).size).toBe(Object.keys(envelope).length + 1)
  })

  test('does not exist for an envelope with a field that the schema does not know', () => {
    expect(() => canonicalEnvelope({ ...envelope, extra: 1 } as ResultEnvelope)).toThrow()
  })
})
