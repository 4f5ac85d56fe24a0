import { isDomainError } from '@bithive/kernel/errors'

/** What became of one part of a STOW-RS request. UIDs are those that the sender itself wrote. */
export type StowResult =
  | { readonly stored: true; readonly sopClassUid: string; readonly sopInstanceUid: string }
  | {
      readonly stored: false
      readonly reason: number
      readonly sopClassUid: string
      readonly sopInstanceUid: string
    }

/** Failure Reason (0008,1197) by error code, PS3.18 table I.2-2; anything else is a processing failure. */
const REASONS: Readonly<Record<string, number>> = {
  'imaging.not-dicom': 0xc000,
  'imaging.truncated': 0xc000,
  'imaging.bad-structure': 0xc000,
  'imaging.missing-uid': 0xc000,
  'imaging.unknown-syntax': 0xc122,
  'imaging.too-large': 0xa700,
  'imaging.wrong-study': 0xa900,
  'imaging.class-mismatch': 0xa900,
  'imaging.instance-conflict': 0x0111,
  'blobs.storage-full': 0xa700,
}
const PROCESSING_FAILURE = 0x0110

/** @throws the error itself when it is not an expected failure of this one part */
export function failureReason(error: unknown): number {
  if (!isDomainError(error)) throw error
  return REASONS[error.code] ?? PROCESSING_FAILURE
}

const ui = (value: string) => ({ vr: 'UI', ...(value === '' ? {} : { Value: [value] }) })

function item(result: StowResult) {
  return {
    '00081150': ui(result.sopClassUid),
    '00081155': ui(result.sopInstanceUid),
    ...(result.stored ? {} : { '00081197': { vr: 'US', Value: [result.reason] } }),
  }
}

/** The store instances response (PS3.18 section 10.5.3 and annex I): 200 all, 202 some, 409 none. */
export function stowResponse(results: readonly StowResult[]): { status: 200 | 202 | 409; body: object } {
  const stored = results.filter((result) => result.stored)
  const failed = results.filter((result) => !result.stored)
  const status = failed.length === 0 ? 200 : stored.length > 0 ? 202 : 409
  return {
    status,
    body: {
      ...(failed.length > 0 ? { '00081198': { vr: 'SQ', Value: failed.map(item) } } : {}),
      ...(stored.length > 0 ? { '00081199': { vr: 'SQ', Value: stored.map(item) } } : {}),
    },
  }
}
