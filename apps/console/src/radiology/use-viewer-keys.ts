import { useEffect, useRef } from 'react'
import { usePreferences } from '../shared/preferences.ts'

export type KeyActs = Readonly<Record<string, (() => void) | undefined>>

const inField = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) ||
    !!target.closest('.ant-modal'))

/**
 * Keys of a screen while no field and no dialog has the focus. Single letters and figures only when the person uses
 * shortcuts; arrows and page keys always.
 * @param acts by `KeyboardEvent.key`, letters in lower case
 */
export function useViewerKeys(acts: KeyActs): void {
  const { shortcuts } = usePreferences()
  const latest = useRef(acts)
  latest.current = acts
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || inField(event.target)) return
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
      if (key.length === 1 && !shortcuts && key !== '?') return
      const act = latest.current[key]
      // A button that has the focus is pressed by Enter and space; that is not ours to take.
      const onControl = event.target instanceof HTMLElement && !!event.target.closest('button, a, [role=slider]')
      const taken = onControl && (key === 'Enter' || key === ' ' || key.startsWith('Arrow'))
      if (!act || taken) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [shortcuts])
}
