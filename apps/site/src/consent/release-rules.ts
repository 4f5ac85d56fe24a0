import type { LocalText, PrivacyTier } from '@bithive/api/workload'

/** What is known of a series when it is asked how far it may go. */
export type ReleaseSubject = {
  /** Class of the workload's card: `imaging.ct`. */
  readonly dataClass: string
  /** Modality (0008,0060). */
  readonly modality: string
  /** Body Part Examined (0018,0015), Study and Series Description: any words that name the part. */
  readonly bodyPartWords: readonly string[]
}

export type ReleaseRule = {
  readonly code: string
  /** The lowest tier at which a matching series may travel. */
  readonly minTier: PrivacyTier
  /** The class that a matching series has, so that a consent must name it. */
  readonly dataClass?: string
  readonly when: {
    readonly dataClasses?: readonly string[]
    readonly modalities?: readonly string[]
    /** Whole words, upper case; Chinese is written without spaces, so a Chinese one counts wherever it stands. */
    readonly bodyPartWords?: readonly string[]
  }
  readonly text: LocalText
}

/** What names a head or a part of it: defined terms of PS3.16 annex L, and what people write in descriptions. */
const HEAD_WORDS = [
  ...[
    'HEAD',
    'BRAIN',
    'SKULL',
    'FACE',
    'FACIAL',
    'HEADNECK',
    'CRANIUM',
    'CRANIAL',
    'CEREBRAL',
    'CEREBRUM',
    'CEREBELLUM',
  ],
  ...[
    'NEURO',
    'PITUITARY',
    'SELLA',
    'IAC',
    'EYE',
    'EYES',
    'ORBIT',
    'ORBITS',
    'ORBITAL',
    'EAR',
    'EARS',
    'NOSE',
    'NASAL',
  ],
  ...['SINUS', 'SINUSES', 'PARANASAL', 'NASOPHARYNX', 'JAW', 'MANDIBLE', 'MAXILLA', 'MAXILLOFACIAL', 'TMJ', 'MOUTH'],
  ...['DENTAL', 'TEETH', 'ZYGOMA', 'PAROTID', 'WHOLEBODY'],
  ...['头', '颅', '脑', '面部', '颌', '眼', '眶', '耳', '鼻', '鞍区', '垂体', '颞', '口腔', '牙', '全身'],
  ...['頭', '顱', '腦', '頜', '垂體', '顳', '齒'],
]

/**
 * The site's rules, as data. A rule matches when every condition it states holds. A header de-identifier cannot
 * remove a face from a volume or names burnt into pixels, hence the first two (PS3.15 Annex E, section E.1.1).
 */
export const SITE_RELEASE_RULES: readonly ReleaseRule[] = [
  {
    code: 'release.head',
    minTier: 3,
    dataClass: 'imaging.head',
    when: {
      modalities: ['CT', 'MR', 'PT', 'NM'],
      bodyPartWords: HEAD_WORDS,
    },
    text: {
      zh: '头部影像可以重建面容，只在本院处理。',
      en: 'A face can be rebuilt from head images, so they stay in this hospital.',
    },
  },
  {
    code: 'release.head-class',
    minTier: 3,
    dataClass: 'imaging.head',
    when: { dataClasses: ['imaging.head'] },
    text: {
      zh: '头部影像可以重建面容，只在本院处理。',
      en: 'A face can be rebuilt from head images, so they stay in this hospital.',
    },
  },
  {
    code: 'release.burnt-in',
    minTier: 3,
    when: { modalities: ['US', 'SC', 'XA', 'RF', 'ES', 'OT'] },
    text: {
      zh: '这类影像的像素中可能写有患者信息，只在本院处理。',
      en: 'Images of this kind may carry patient details in their pixels, so they stay in this hospital.',
    },
  },
]

export type Release = {
  readonly minTier: PrivacyTier
  /** The narrowest class that applies. */
  readonly dataClass: string
  readonly rules: readonly ReleaseRule[]
}

const HAN = /\p{Script=Han}/u

/** Latin words whole, with `WHOLE BODY` and `HEAD NECK` written apart as one as well; the rest as it stands. */
function wordsOf(texts: readonly string[]): (word: string) => boolean {
  const words = new Set<string>()
  for (const text of texts) {
    const parts = text
      .normalize('NFKC')
      .toUpperCase()
      .split(/[^A-Z]+/)
    for (const [at, part] of parts.entries()) words.add(part).add(`${part}${parts[at + 1] ?? ''}`)
  }
  const whole = texts.join('\n').normalize('NFKC')
  return (word) => (HAN.test(word) ? whole.includes(word) : words.has(word))
}

function matches(rule: ReleaseRule, subject: ReleaseSubject, named: (word: string) => boolean): boolean {
  const { dataClasses, modalities, bodyPartWords } = rule.when
  if (dataClasses && !dataClasses.includes(subject.dataClass)) return false
  if (modalities && !modalities.includes(subject.modality)) return false
  if (bodyPartWords && !bodyPartWords.some(named)) return false
  return true
}

/** How far a series may go by the site's own rules, before anybody's consent is asked. Pure. */
export function decideRelease(subject: ReleaseSubject, rules: readonly ReleaseRule[] = SITE_RELEASE_RULES): Release {
  const named = wordsOf(subject.bodyPartWords)
  const found = rules.filter((rule) => matches(rule, subject, named))
  const minTier = Math.max(0, ...found.map((rule) => rule.minTier)) as PrivacyTier
  return { minTier, dataClass: found.find((rule) => rule.dataClass)?.dataClass ?? subject.dataClass, rules: found }
}
