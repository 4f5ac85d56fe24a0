import { formatBytes, formatMoney } from '../shared/format.ts'
import type { Locale } from '../shared/locale.ts'
import { defineTexts, type Translate } from '../shared/texts.ts'

export const factTexts = defineTexts({
  zh: {
    home: '家庭节点',
    hospital: '医院节点',
    'computing-centre': '计算中心节点',
    'data-centre': '数据中心节点',
    tier: '信任级别 {value}',
    images: '{value} 幅影像',
    priceQuoted: '节点报价 {value}',
    sealedBytes: '加密后 {value}',
    inputBytes: '打包后 {value}',
    epoch: '第 {value} 次承接',
    valid: '签名有效',
    'not-given': '节点没有签名',
    signed: '已签名',
    unsigned: '未签名',
    problem: '原因 {value}',
    code: '原因 {value}',
  },
  en: {
    home: 'a home’s node',
    hospital: 'a hospital’s node',
    'computing-centre': 'a computing centre’s node',
    'data-centre': 'a data centre’s node',
    tier: 'trust tier {value}',
    images: '{value} {value|image|images}',
    priceQuoted: 'price of the node {value}',
    sealedBytes: '{value} sealed',
    inputBytes: '{value} packed',
    epoch: 'lease number {value}',
    valid: 'signature valid',
    'not-given': 'no signature given',
    signed: 'signed',
    unsigned: 'not signed',
    problem: 'reason {value}',
    code: 'reason {value}',
  },
})

type Facts = Readonly<Record<string, unknown>>
type Key = keyof typeof factTexts.zh
const WORDS = new Set<unknown>(['home', 'hospital', 'computing-centre', 'data-centre', 'valid', 'not-given'])

/**
 * What was recorded of a step that people read, in words. Ids and hashes have panels of their own; a fact that has
 * no word here stays in the record.
 */
export function stepFacts(facts: Facts, currency: string, t: Translate<Key>, locale: Locale): string {
  const said: string[] = []
  const value = (key: Key, shown: string | number | undefined) => {
    if (shown !== undefined) said.push(t(key, { value: shown }))
  }
  const { nodeName, ownerKind, tier, images, epoch, priceQuoted, sealedBytes, inputBytes, signature } = facts
  if (typeof nodeName === 'string') said.push(nodeName)
  if (WORDS.has(ownerKind)) said.push(t(ownerKind as Key))
  value('tier', typeof tier === 'number' ? tier : undefined)
  value('images', typeof images === 'number' ? images : undefined)
  value('priceQuoted', typeof priceQuoted === 'string' ? formatMoney(priceQuoted, currency, locale) : undefined)
  value('inputBytes', typeof inputBytes === 'number' ? formatBytes(inputBytes) : undefined)
  value('sealedBytes', typeof sealedBytes === 'number' ? formatBytes(sealedBytes) : undefined)
  value('epoch', typeof epoch === 'number' && epoch > 1 ? epoch : undefined)
  if (WORDS.has(signature)) said.push(t(signature as Key))
  if (typeof facts.signed === 'boolean') said.push(t(facts.signed ? 'signed' : 'unsigned'))
  value('problem', typeof facts.problem === 'string' ? facts.problem : undefined)
  value('code', typeof facts.code === 'string' ? facts.code : undefined)
  return said.join(' · ')
}
