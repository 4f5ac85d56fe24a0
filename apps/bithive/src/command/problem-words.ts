import { computeErrors } from '@bithive/hub'
import type { ErrorCatalogue, Locale } from '@bithive/kernel/errors'
import { identifierErrors, imagingErrors, orderErrors } from '@bithive/site'
import { workloadErrors } from '@bithive/workloads'

/** Catalogues whose codes an order can end with. */
const CATALOGUES: readonly ErrorCatalogue<string>[] = [
  computeErrors as ErrorCatalogue<string>,
  orderErrors as ErrorCatalogue<string>,
  imagingErrors as ErrorCatalogue<string>,
  identifierErrors as ErrorCatalogue<string>,
  workloadErrors as ErrorCatalogue<string>,
]

/** Why the consent register said no; reasons of a decision, not errors. */
const CONSENT: Readonly<Record<string, Readonly<Record<Locale, string>>>> = {
  'consent.none': { zh: '没有患者的授权同意', en: 'the patient has given no consent' },
  'consent.purpose': { zh: '授权不包括此目的', en: 'the consent is for another purpose' },
  'consent.data-class': { zh: '授权不包括此类数据', en: 'the consent does not cover these data' },
  'consent.not-yet': { zh: '授权尚未开始', en: 'the consent has not begun' },
  'consent.expired': { zh: '授权已到期', en: 'the consent has ended' },
  'consent.revoked': { zh: '授权已撤回', en: 'the consent was withdrawn' },
  'consent.recipient-kind': { zh: '授权不包括这类节点', en: 'the consent excludes this kind of node' },
  'consent.recipient': { zh: '授权不包括这家机构', en: 'the consent is for another organisation' },
}

/** What a code means, for a person: the title of its catalogue entry, and the code where nobody knows it. */
export function problemWords(code: string, locale: Locale): string {
  const reason = CONSENT[code]
  if (reason) return reason[locale]
  const at = code.indexOf('.')
  const entries = CATALOGUES.find(({ room }) => room === code.slice(0, at))?.entries
  return entries?.[code.slice(at + 1)]?.[locale].title ?? code
}
