import { z } from 'zod'
import { callHeaders, callRaw } from '../shared/call.ts'

/** Why one file was not stored, as a key of the texts. */
export type Refusal = 'r-unreadable' | 'r-syntax' | 'r-room' | 'r-mismatch' | 'r-conflict' | 'r-failed' | 'r-network'

/** Failure Reason (0008,1197), PS3.18 table I.2-2, and the site's own use of it. */
const REASONS: Readonly<Record<number, Refusal>> = {
  49152: 'r-unreadable',
  49442: 'r-syntax',
  42752: 'r-room',
  43264: 'r-mismatch',
  273: 'r-conflict',
}

const FailedItem = z.object({ '00081197': z.object({ Value: z.array(z.number()) }).optional() })
const Answer = z.object({ '00081198': z.object({ Value: z.array(FailedItem) }).optional() })

const PATH = '/site/v1/dicom-web/studies'
const BOUNDARY = 'bithive-upload-boundary'

/** One DICOM file as a STOW-RS request (PS3.18 section 10.5): a multipart of one part. */
function requestOf(file: Blob): { body: Blob; headers: Record<string, string> } {
  const head = `--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`
  return {
    body: new Blob([head, file, `\r\n--${BOUNDARY}--\r\n`]),
    headers: { 'content-type': `multipart/related; type="application/dicom"; boundary=${BOUNDARY}` },
  }
}

/** @returns why the site refused the file; undefined when it is stored. @throws ApiProblem when nobody is signed in */
export async function storeFile(file: Blob, signal: AbortSignal): Promise<Refusal | undefined> {
  const { body, headers } = requestOf(file)
  let answer: Response
  try {
    const init = { method: 'POST', body, signal, credentials: 'same-origin' } as const
    answer = await fetch(PATH, { ...init, headers: { ...callHeaders(PATH), ...headers } })
    // The answer about a refused file is no problem document; everything else is for the shared way of calling.
    const isStow = answer.headers.get('content-type')?.includes('application/dicom+json') === true
    if (!isStow) answer = await callRaw(PATH, { method: 'POST', body, headers, signal })
  } catch (error) {
    if (signal.aborted || error instanceof TypeError) return 'r-network'
    throw error
  }
  const parsed = Answer.safeParse(await answer.json().catch(() => undefined))
  if (!parsed.success) return 'r-failed'
  const [failed] = parsed.data['00081198']?.Value ?? []
  if (!failed) return undefined
  return REASONS[failed['00081197']?.Value[0] ?? 0] ?? 'r-failed'
}
