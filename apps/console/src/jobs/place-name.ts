import type { Locale } from '../shared/locale.ts'

/** Cities of the sample nodes; a region is free text of its owner, so any other is shown as it was written. */
const REGIONS: Readonly<Record<string, string>> = {
  chengdu: '成都',
  shanghai: '上海',
  beijing: '北京',
  shenzhen: '深圳',
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

/** Where a node stands: its region and its country by name. */
export function placeName(node: { readonly region: string; readonly jurisdiction: string }, locale: Locale): string {
  const region = (locale === 'zh' && REGIONS[node.region]) || node.region.split('-').map(capital).join(' ')
  const code = node.jurisdiction.split('-')[0] ?? ''
  const names = new Intl.DisplayNames([locale === 'zh' ? 'zh-CN' : 'en'], { type: 'region', fallback: 'code' })
  const country = /^[A-Z]{2}$/.test(code) ? (names.of(code) ?? code) : code
  return `${region} · ${country}${node.jurisdiction === code ? '' : ` (${node.jurisdiction})`}`
}
