import type { Service } from '../shared/call.ts'

const KEY = 'bithive.service'

/** The kind of account that was last used on this device. */
export function readLastService(): Service {
  try {
    return localStorage.getItem(KEY) === 'hub' ? 'hub' : 'site'
  } catch {
    return 'site'
  }
}

export function rememberService(service: Service): void {
  try {
    localStorage.setItem(KEY, service)
  } catch {
    // Without storage the choice is asked again.
  }
}
