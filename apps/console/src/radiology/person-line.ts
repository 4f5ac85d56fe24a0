import type { WorklistRow } from '@bithive/api/reports'
import type { Translate } from '../shared/texts.ts'
import type { radiologyTexts } from './texts.ts'

export { displayName, studyDay } from '../shared/person-name.ts'

type T = Translate<keyof (typeof radiologyTexts)['zh']>

/** Whole years between two days written YYYYMMDD, or undefined when one of them is not known. */
export function yearsBetween(birth: string, day: string): number | undefined {
  if (!/^\d{8}$/.test(birth) || !/^\d{8}$/.test(day)) return undefined
  const years = Math.floor((Number(day) - Number(birth)) / 10_000)
  return years >= 0 && years < 130 ? years : undefined
}

/** Sex and age at the study, as far as they are known. */
export function personFacts(row: WorklistRow, t: T): string {
  const sex = row.patient?.sex
  const years = yearsBetween(row.patient?.birthDate ?? '', row.studyDate)
  return [
    sex === 'M' ? t('sexM') : sex === 'F' ? t('sexF') : sex === 'O' ? t('sexO') : '',
    years === undefined ? '' : t('yearsOld', { years }),
  ]
    .filter((part) => part !== '')
    .join(' · ')
}
