export type Locale = 'zh' | 'en'

export type LocalText = { readonly zh: string; readonly en: string }

/** The first language that we have of those that a person reads, else Chinese. */
export function pickLocale(languages: readonly string[]): Locale {
  for (const tag of languages) {
    const language = tag.toLowerCase().split('-')[0]
    if (language === 'zh' || language === 'en') return language
  }
  return 'zh'
}
