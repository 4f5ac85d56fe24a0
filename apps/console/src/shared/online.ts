import { useSyncExternalStore } from 'react'
import { defineTexts, useTexts } from './texts.ts'

/** Whether this page hears from its server, and since when it does not. */
export type Connection = {
  readonly state: 'starting' | 'open' | 'lost'
  /** When the data on the page were last known to be true. */
  readonly heardAt: number | undefined
  /** Attempts since it was lost. */
  readonly tries: number
  /** Tries at once instead of at the next turn. */
  readonly tryNow: () => void
}

const listeners = new Set<() => void>()
let current: Connection = { state: 'starting', heardAt: undefined, tries: 0, tryNow: () => {} }

export const connection = (): Connection => current

/** For the live client alone. */
export function setConnection(change: Partial<Connection>): void {
  current = { ...current, ...change }
  for (const tell of listeners) tell()
}

const subscribe = (tell: () => void) => {
  listeners.add(tell)
  return () => void listeners.delete(tell)
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, connection, connection)
}

const texts = defineTexts({
  zh: { lost: '与服务器的连接断开了，连上后才能操作。' },
  en: { lost: 'The connection to the server is lost. This works again once it is back.' },
})

/** `reason` is what to show beside an act that must not be tried blindly: paying, signing, voting. */
export function useOnline(): { readonly online: boolean; readonly reason: string | undefined } {
  const t = useTexts(texts)
  const online = useConnection().state !== 'lost'
  return { online, reason: online ? undefined : t('lost') }
}
