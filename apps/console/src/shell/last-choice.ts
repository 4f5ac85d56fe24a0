import type { Service } from '../shared/call.ts'

export type LastChoice = { readonly service: Service; readonly orgId: string }

const KEY = 'bithive.organisation'

/** The organisation that was last acted for on this device. */
export function readLastChoice(): LastChoice | undefined {
  try {
    const [service, orgId] = (localStorage.getItem(KEY) ?? '').split(' ')
    return (service === 'site' || service === 'hub') && orgId ? { service, orgId } : undefined
  } catch {
    return undefined
  }
}

export function rememberChoice({ service, orgId }: LastChoice): void {
  try {
    localStorage.setItem(KEY, `${service} ${orgId}`)
  } catch {
    // Without storage the first organisation is taken at the next visit.
  }
}
