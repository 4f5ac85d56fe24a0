import type { SeenActor } from '@bithive/api/patient'
import type { Locale, LocalText } from '../shared/locale.ts'

const PURPOSES: Readonly<Record<string, LocalText>> = {
  care: { zh: '给您看病', en: 'your own care' },
  research: { zh: '做医学研究', en: 'medical research' },
  training: { zh: '训练计算机的算法', en: 'training computer methods' },
  quality: { zh: '检查医疗质量', en: 'checking the quality of care' },
}

const DATA: Readonly<Record<string, LocalText>> = {
  imaging: { zh: '您的全部影像检查', en: 'all your images' },
  'imaging.chest': { zh: '您的胸部影像', en: 'your chest images' },
  'imaging.head': { zh: '您的头部影像', en: 'your head images' },
  'imaging.ct': { zh: '您的 CT 影像', en: 'your CT images' },
  'imaging.mr': { zh: '您的磁共振影像', en: 'your MR images' },
}

const RECIPIENTS: Readonly<Record<string, LocalText>> = {
  hospital: { zh: '医院的电脑', en: 'computers of hospitals' },
  home: { zh: '志愿者家里的电脑', en: 'computers in volunteers’ homes' },
  'computing-centre': { zh: '计算中心', en: 'computing centres' },
  'data-centre': { zh: '数据中心', en: 'data centres' },
}

const ROLES: Readonly<Record<string, LocalText>> = {
  radiologist: { zh: '影像科医生', en: 'radiologist' },
  clinician: { zh: '医生', en: 'physician' },
  technician: { zh: '技师', en: 'technician' },
  registrar: { zh: '登记人员', en: 'registrar' },
  'privacy-officer': { zh: '隐私专员', en: 'privacy officer' },
  auditor: { zh: '审计员', en: 'auditor' },
  admin: { zh: '管理员', en: 'administrator' },
}

const MODALITIES: Readonly<Record<string, LocalText>> = {
  CT: { zh: 'CT', en: 'CT' },
  MR: { zh: '磁共振', en: 'MR' },
  PT: { zh: 'PET', en: 'PET' },
  CR: { zh: 'X 光', en: 'X-ray' },
  DX: { zh: 'X 光', en: 'X-ray' },
  US: { zh: '超声', en: 'Ultrasound' },
  MG: { zh: '乳腺 X 光', en: 'Mammogram' },
  NM: { zh: '核医学', en: 'Nuclear medicine' },
}

const BODY_PARTS: Readonly<Record<string, LocalText>> = {
  CHEST: { zh: '胸部', en: 'Chest' },
  LUNG: { zh: '肺', en: 'Lung' },
  HEAD: { zh: '头部', en: 'Head' },
  BRAIN: { zh: '脑', en: 'Brain' },
  SKULL: { zh: '头颅', en: 'Skull' },
  ABDOMEN: { zh: '腹部', en: 'Abdomen' },
  PELVIS: { zh: '盆腔', en: 'Pelvis' },
  SPINE: { zh: '脊柱', en: 'Spine' },
  HEART: { zh: '心脏', en: 'Heart' },
  BREAST: { zh: '乳腺', en: 'Breast' },
  KNEE: { zh: '膝', en: 'Knee' },
}

const word = (table: Readonly<Record<string, LocalText>>, key: string, locale: Locale) => table[key]?.[locale] ?? key

const listed = (words: readonly string[], locale: Locale) =>
  new Intl.ListFormat(locale === 'zh' ? 'zh-CN' : 'en', { type: 'conjunction' }).format([...new Set(words)])

export const sayPurpose = (purpose: string, locale: Locale) => word(PURPOSES, purpose, locale)
export const sayData = (dataClass: string, locale: Locale) => word(DATA, dataClass, locale)

/** The same for staff, who read of somebody else. */
export const sayPurposeOf = (purpose: string, locale: Locale) =>
  sayPurpose(purpose, locale).replace('给您看病', '看病').replace('your own care', 'care')
export const sayDataOf = (dataClass: string, locale: Locale) =>
  sayData(dataClass, locale).replace(/^您的/, '').replace('your ', '')
export const sayRecipients = (kinds: readonly string[], locale: Locale) =>
  listed(
    kinds.map((kind) => word(RECIPIENTS, kind, locale)),
    locale,
  )

/** CN is a country by its name; CN-44 a part of it, by its code. */
export function sayPlaces(jurisdictions: readonly string[], locale: Locale): string {
  const names = new Intl.DisplayNames([locale === 'zh' ? 'zh-CN' : 'en'], { type: 'region' })
  const places = jurisdictions.map((code) => {
    const [country = code, part] = code.split('-')
    const name = /^[A-Z]{2}$/.test(country) ? (names.of(country) ?? country) : country
    return part === undefined ? name : locale === 'zh' ? `${name}（${code}）` : `${name} (${code})`
  })
  return listed(places, locale)
}

/** 2026 年 12 月 1 日 · 1 December 2026 */
export function sayDay(at: number, locale: Locale): string {
  const options = { year: 'numeric', month: 'long', day: 'numeric' } as const
  return new Intl.DateTimeFormat(locale === 'zh' ? 'zh-CN' : 'en-GB', options).format(at)
}

const STRONGEST = ['radiologist', 'clinician', 'technician', 'registrar', 'privacy-officer', 'auditor', 'admin']

/** A name and what this person is here. */
export function sayActor(actor: SeenActor, locale: Locale): string {
  const zh = locale === 'zh'
  if (actor.kind === 'self') return zh ? '您本人' : 'you'
  if (actor.kind === 'system') return zh ? '医院的系统（自动处理）' : 'the hospital’s system (automatic)'
  if (actor.kind === 'machine') return zh ? '医院的设备' : 'a machine of the hospital'
  const role = STRONGEST.find((one) => actor.roles.includes(one))
  const said = role === undefined ? (zh ? '医院工作人员' : 'hospital staff') : word(ROLES, role, locale)
  if (actor.name === '') return said
  return zh ? `${actor.name}（${said}）` : `${actor.name} (${said})`
}

/** «胸部 CT» · «Chest CT» */
export function sayStudy(modalities: readonly string[], bodyParts: readonly string[], locale: Locale): string {
  const kinds = listed(
    modalities.map((one) => word(MODALITIES, one, locale)),
    locale,
  )
  if (bodyParts.length === 0) return kinds
  const parts = listed(
    bodyParts.map((one) => word(BODY_PARTS, one, locale)),
    locale,
  )
  return `${parts} ${kinds}`
}

export const sayOwnerKind = (kind: string, locale: Locale) => word(RECIPIENTS, kind, locale)

/** A measured figure, without the noise of a float. */
export const sayFigure = (value: number) =>
  new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 }).format(value).replace('-', '−')
