import type { DicomTarget } from '@bithive/site/dicom-sender'

/** Reads `AE@host:port`, which the settings have already checked. */
export function parseDicomAddress(text: string): DicomTarget {
  const [calledAe = '', rest = ''] = text.split('@')
  const [host = '', port = ''] = rest.split(':')
  return { host, port: Number(port), callingAe: 'BITHIVE', calledAe }
}
