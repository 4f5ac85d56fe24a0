import type { Locale } from './errors.ts'

function localeOfTag(tag: string): Locale | undefined {
  const language = tag.trim().toLowerCase().split('-')[0]
  return language === 'zh' || language === 'en' ? language : undefined
}

/**
 * The person's language: what was asked for by name, then the best of Accept-Language (RFC 9110 section 12.5.4),
 * then Chinese.
 */
export function pickLocale(asked: string | null | undefined, acceptLanguage: string | null | undefined): Locale {
  const named = localeOfTag(asked ?? '')
  if (named) return named
  let best: { locale: Locale; quality: number } | undefined
  for (const part of (acceptLanguage ?? '').split(',')) {
    const [tag = '', ...parameters] = part.split(';')
    const locale = localeOfTag(tag)
    const weight = parameters.map((parameter) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/i.exec(parameter)?.[1]).find(Boolean)
    const quality = Number(weight ?? 1)
    if (locale && quality > (best?.quality ?? 0)) best = { locale, quality }
  }
  return best?.locale ?? 'zh'
}
