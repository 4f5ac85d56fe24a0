import { useCallback } from 'react'
import type { Locale, LocalText } from './locale.ts'
import { usePreferences } from './preferences.ts'

export type { Locale, LocalText } from './locale.ts'

export type Facts = Readonly<Record<string, string | number>>

export type Texts<K extends string> = {
  readonly zh: Readonly<Record<K, string>>
  readonly en: Readonly<Record<K, string>>
}

/** The words of a room in both languages. A key that one of them lacks does not compile. */
export function defineTexts<K extends string>(texts: {
  readonly zh: Readonly<Record<K, string>>
  readonly en: Readonly<Record<NoInfer<K>, string>>
}): Texts<K> {
  return texts
}

/**
 * Fills `{name}` with a fact. `{count|job|jobs}` says «job» for 1 and «jobs» for anything else.
 * A fact that is missing stays visible as `{name}`: a gap in a sentence would be read over.
 */
export function fill(text: string, facts: Facts = {}): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const fact = facts[name]
    if (fact === undefined) return whole
    if (one === undefined || many === undefined) return String(fact)
    return Number(fact) === 1 ? one : many
  })
}

export type Translate<K extends string> = (key: K, facts?: Facts) => string

export const textsIn =
  <K extends string>(texts: Texts<K>, locale: Locale): Translate<K> =>
  (key, facts) =>
    fill(texts[locale][key], facts)

export function useTexts<K extends string>(texts: Texts<K>): Translate<K> {
  const { locale } = usePreferences()
  return useCallback((key, facts) => fill(texts[locale][key], facts), [texts, locale])
}

export function useLocale(): Locale {
  return usePreferences().locale
}

/** Picks the reader's language out of a name that has both. */
export function useLocalText(): (text: LocalText) => string {
  const { locale } = usePreferences()
  return useCallback((text) => text[locale], [locale])
}
