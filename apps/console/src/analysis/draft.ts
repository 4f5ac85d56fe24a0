import { Urgency } from '@bithive/api/compute'
import { OrderPurpose } from '@bithive/api/orders'
import { useCallback, useState } from 'react'
import { z } from 'zod'

/**
 * An order that is being written. It lies in this tab's session storage, so that a restart of the hub, an ended
 * session or a reload loses nothing; it holds ids and choices, never a patient's name.
 */
const Draft = z.object({
  step: z.int().min(0).max(4),
  studyId: z.string().max(64).optional(),
  seriesId: z.string().max(64).optional(),
  workload: z.string().max(128).optional(),
  urgency: Urgency,
  purpose: OrderPurpose,
  maxPrice: z.string().max(24).optional(),
  /** Names this order at the site: however often it is sent, it is one order. */
  requestKey: z.string().max(64),
})
export type Draft = z.infer<typeof Draft>

const KEY = 'bithive.analysis.draft'

export function newRequestKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

export const emptyDraft = (): Draft => ({ step: 0, urgency: 'routine', purpose: 'care', requestKey: newRequestKey() })

function read(): Draft | undefined {
  try {
    return Draft.parse(JSON.parse(sessionStorage.getItem(KEY) ?? ''))
  } catch {
    return undefined
  }
}

function write(draft: Draft | undefined): void {
  try {
    if (draft) sessionStorage.setItem(KEY, JSON.stringify(draft))
    else sessionStorage.removeItem(KEY)
  } catch {
    // A browser without storage keeps the draft as long as the page is open.
  }
}

/** The draft of this tab. @param given what the address already says; a change of it begins a new order */
export function useDraft(given: Partial<Draft>) {
  const [draft, setDraft] = useState<Draft>(() => {
    const kept = read()
    const asked = given.studyId !== undefined || given.workload !== undefined
    const differs = asked && (kept?.studyId !== given.studyId || kept?.seriesId !== given.seriesId)
    const begun = kept && !differs ? kept : { ...emptyDraft(), ...given }
    write(begun)
    return begun
  })
  const change = useCallback((part: Partial<Draft>) => {
    setDraft((past) => {
      const next = { ...past, ...part }
      write(next)
      return next
    })
  }, [])
  const clear = useCallback(() => write(undefined), [])
  return { draft, change, clear }
}
