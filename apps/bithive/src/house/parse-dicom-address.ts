import type { DicomPeer } from '@bithive/site'
import type { DicomTarget } from '@bithive/site/dicom-sender'

/** Reads `AE@host:port`, which the settings have already checked. */
export function parseDicomAddress(text: string): DicomTarget {
  const [calledAe = '', rest = ''] = text.split('@')
  const [host = '', port = ''] = rest.split(':')
  return { host, port: Number(port), callingAe: 'BITHIVE', calledAe }
}

const THIS_MACHINE = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/** Reads one allowed sender: `AE` on this machine, or `AE@address` on another. IPv4 is listed in both its spellings. */
export function parseDicomPeer(text: string): DicomPeer {
  const [aeTitle = '', address] = text.split('@')
  if (!address) return { aeTitle, addresses: THIS_MACHINE }
  return { aeTitle, addresses: address.includes(':') ? [address] : [address, `::ffff:${address}`] }
}
