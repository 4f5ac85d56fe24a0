import { useSyncExternalStore } from 'react'
import type { Locale } from './locale.ts'
import { pickLocale } from './locale.ts'

export type Preferences = {
  readonly locale: Locale
  readonly scheme: 'light' | 'dark' | 'system'
  readonly density: 'comfortable' | 'dense'
  readonly largeType: boolean
  /** Keyboard shortcuts of one letter; some speech software presses letters. */
  readonly shortcuts: boolean
}

const KEY = 'bithive.preferences'
const listeners = new Set<() => void>()
const browser = typeof window !== 'undefined'

function initial(): Preferences {
  const languages = browser ? navigator.languages : []
  return { locale: pickLocale(languages), scheme: 'system', density: 'comfortable', largeType: false, shortcuts: true }
}

function stored(): Partial<Preferences> {
  try {
    const value: unknown = browser ? JSON.parse(localStorage.getItem(KEY) ?? '{}') : {}
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    // Storage that is switched off or was written by something else: the page works with what the browser says.
    return {}
  }
}

/** What somebody else wrote into the storage must not become a preference. */
function sound(asked: Partial<Preferences>): Preferences {
  const base = initial()
  return {
    locale: asked.locale === 'zh' || asked.locale === 'en' ? asked.locale : base.locale,
    scheme: asked.scheme === 'light' || asked.scheme === 'dark' ? asked.scheme : 'system',
    density: asked.density === 'dense' ? 'dense' : 'comfortable',
    largeType: asked.largeType === true,
    shortcuts: asked.shortcuts !== false,
  }
}

let current = sound(stored())

export const preferences = (): Preferences => current

/** Changes some preferences on this device, and the page at once. */
export function setPreferences(change: Partial<Preferences>): void {
  current = sound({ ...current, ...change })
  try {
    localStorage.setItem(KEY, JSON.stringify(current))
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  applyPreferences()
  for (const tell of listeners) tell()
}

const subscribe = (tell: () => void) => {
  listeners.add(tell)
  return () => void listeners.delete(tell)
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences, preferences)
}

const darkQuery = browser ? window.matchMedia('(prefers-color-scheme: dark)') : undefined

/** The colours in force: the person's choice, or the system's. */
export const mode = (): 'light' | 'dark' =>
  current.scheme === 'system' ? (darkQuery?.matches ? 'dark' : 'light') : current.scheme

const subscribeMode = (tell: () => void) => {
  const stop = subscribe(tell)
  const told = () => {
    applyPreferences()
    tell()
  }
  darkQuery?.addEventListener('change', told)
  return () => {
    stop()
    darkQuery?.removeEventListener('change', told)
  }
}

export function useMode(): 'light' | 'dark' {
  return useSyncExternalStore(subscribeMode, mode, () => 'light' as const)
}

/** Writes language, colours and sizes on the document: style sheets and screen readers read them there. */
export function applyPreferences(): void {
  const { documentElement: root } = document
  root.lang = current.locale === 'zh' ? 'zh-CN' : 'en'
  root.dataset.mode = mode()
  root.dataset.type = current.largeType ? 'large' : 'normal'
  root.dataset.density = current.density
}
