import type { WorklistRow } from '@bithive/api/reports'

/** The name as people read it: ideographic first in Chinese, components in their order, carets gone. */
export function displayName(row: Pick<WorklistRow, 'patient' | 'pseudonym'>, locale: 'zh' | 'en'): string {
  const [alphabetic = '', ideographic = ''] = (row.patient?.name ?? '').split('=')
  const chosen = locale === 'zh' && ideographic !== '' ? ideographic : alphabetic || ideographic
  return chosen.replaceAll('^', ' ').replace(/\s+/g, ' ').trim() || row.pseudonym
}

/** YYYYMMDD as a date people read, or an empty text. */
export const studyDay = (day: string): string =>
  /^\d{8}$/.test(day) ? `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}` : ''
