import type { Finding } from '@bithive/api/reports'
import type { CodedConcept } from '@bithive/api/workload'
import type { Locale } from '../shared/texts.ts'

/** Chinese words for coded concepts of the workloads that come with the product; others keep their own meaning. */
const CHINESE: Readonly<Record<string, string>> = {
  'SCT 39607008': '肺',
  'SCT 3341006': '右肺',
  'SCT 44029006': '左肺',
  'SCT 12738006': '脑',
  'SCT 118565006': '体积',
  'SCT 42798000': '面积',
  '99BITHIVE LAA950': '低于 −950 HU 的肺体素',
  '99BITHIVE PERC15': '肺密度第 15 百分位',
  '99BITHIVE MLD': '平均肺密度',
  '99BITHIVE SHARPNESS': '图像平均绝对拉普拉斯值',
}

export const conceptWord = ({ scheme, value, meaning }: CodedConcept, locale: Locale): string =>
  (locale === 'zh' ? CHINESE[`${scheme} ${value}`] : undefined) ?? meaning.replace(/ -(?=\d)/, ' −')

/** A region by its code; by the label that the workload gave it when its code is a wider one. */
export function findingName({ label, site }: Finding, locale: Locale): string | undefined {
  if (site && site.meaning === label) return conceptWord(site, locale)
  return label || (site ? conceptWord(site, locale) : undefined)
}

/** Units of UCUM as they are printed. */
const UNITS: Readonly<Record<string, string>> = {
  "[hnsf'U]": 'HU',
  cm2: 'cm²',
  mm2: 'mm²',
  cm3: 'cm³',
  mm3: 'mm³',
  '1': '',
}

export const unitWord = ({ value }: CodedConcept): string => UNITS[value] ?? value.replace(/[{}[\]]/g, '')
