import type { ConsentTerms } from '@bithive/api/consent'
import type { ReactNode } from 'react'
import { useLocale, useTexts } from '../shared/texts.ts'
import { sayData, sayPlaces, sayPurpose, sayRecipients } from './say-terms.ts'
import { patientTexts } from './texts.ts'

export type TermsProps = {
  readonly terms: ConsentTerms
  readonly when: ReactNode
  readonly more?: readonly (readonly [label: string, said: ReactNode])[]
}

/** What is allowed, line by line, in plain words: who, what, what for, where, until when. */
export function Terms({ terms, when, more = [] }: TermsProps) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const who = sayRecipients(terms.recipientKinds, locale)
  const only = terms.recipientOrgId === undefined ? '' : `, ${t('onlyOrg', { org: terms.recipientOrgId })}`
  const places = sayPlaces(terms.jurisdictions, locale)
  const where = terms.regions.length > 0 ? `${places} · ${terms.regions.join(', ')}` : places
  const lines: readonly (readonly [string, ReactNode])[] = [
    [t('who'), t('whoSaid', { who: `${who}${only}` })],
    [t('what'), sayData(terms.dataClass, locale)],
    [t('why'), sayPurpose(terms.purpose, locale)],
    [t('where'), where],
    [t('when'), when],
    ...more,
  ]
  return (
    <dl className="p-facts">
      {lines.map(([label, said]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{said}</dd>
        </div>
      ))}
    </dl>
  )
}
