import type { z } from 'zod'
import { type CallInit, call } from '../shared/call.ts'

const KEY = 'bithive-setup-code'

/** The code of the link stands behind #, which no browser sends; it is taken out of the address and kept by the tab. */
export function takeSetupCode(): string {
  const found = /^#code=([0-9A-Za-z-]{8,40})$/.exec(location.hash)?.[1]
  if (found) {
    history.replaceState(null, '', location.pathname)
    keepSetupCode(found)
  }
  return sessionStorage.getItem(KEY) ?? ''
}

export function keepSetupCode(code: string): void {
  if (code === '') sessionStorage.removeItem(KEY)
  else sessionStorage.setItem(KEY, code)
}

/** Calls a step of the wizard: with the code while the house has nobody, by the operator's own session afterwards. */
export function setupCall<T>(schema: z.ZodType<T>, path: string, init: CallInit = {}): Promise<T> {
  const code = sessionStorage.getItem(KEY) ?? ''
  const headers: Record<string, string> = code === '' ? {} : { 'x-bithive-setup-code': code }
  return call(schema, `/hub/v1/setup${path}`, { ...init, headers, signIn: false })
}
