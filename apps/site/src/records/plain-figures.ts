import type { MyReport } from '@bithive/api/patient'
import type { LocalText } from '@bithive/api/workload'
import { z } from 'zod'

type Words = { readonly name: LocalText; readonly meaning: LocalText }

const NOT_ALONE: LocalText = {
  zh: '单看这个数字，不能说明有没有病。',
  en: 'This figure alone does not say whether anything is wrong.',
}

const alone = (zh: string, en: string): LocalText => ({ zh: `${zh}${NOT_ALONE.zh}`, en: `${en} ${NOT_ALONE.en}` })

/** Plain words for the quantities of the bundled workloads, by code; what is not here is shown by its own name. */
const WORDS: Readonly<Record<string, Words>> = {
  LAA950: {
    name: { zh: '肺里特别疏松的部分', en: 'Very thin lung tissue' },
    meaning: alone('占整个肺的比例，肺气肿会让它变大。', 'Its share of the whole lung; emphysema makes it larger.'),
  },
  PERC15: {
    name: { zh: '肺里最疏松的 15% 有多疏松', en: 'How thin the thinnest 15% of the lung are' },
    meaning: alone('数字越低，肺组织越疏松。', 'The lower the figure, the thinner the lung tissue.'),
  },
  MLD: {
    name: { zh: '肺的平均密度', en: 'Mean density of the lung' },
    meaning: alone('空气大约是 −1000，水是 0。', 'Air is about −1000, water is 0.'),
  },
  '118565006:39607008': {
    name: { zh: '肺的体积', en: 'Volume of the lungs' },
    meaning: alone(
      '拍片时肺里有多少空间，和吸气多深有关。',
      'The room in the lungs at that moment; it depends on the breath.',
    ),
  },
  '118565006:3341006': {
    name: { zh: '右肺的体积', en: 'Volume of the right lung' },
    meaning: alone('和吸气多深有关。', 'It depends on how deep the breath was.'),
  },
  '118565006:44029006': {
    name: { zh: '左肺的体积', en: 'Volume of the left lung' },
    meaning: alone('和吸气多深有关。', 'It depends on how deep the breath was.'),
  },
  '118565006:12738006': {
    name: { zh: '脑的体积', en: 'Volume of the brain' },
    meaning: alone('每个人天生就有大有小。', 'It differs from person to person by nature.'),
  },
  '118565006': {
    name: { zh: '体积', en: 'Volume' },
    meaning: alone('从图像上量出来的大小。', 'A size measured in the images.'),
  },
  '42798000': {
    name: { zh: '面积', en: 'Area' },
    meaning: alone('从一张图像上量出来的大小。', 'A size measured in one image.'),
  },
}

const AREA_OF: Readonly<Record<string, LocalText>> = {
  '39607008': { zh: '肺的面积（一张图像上）', en: 'Area of the lungs, in one image' },
  '3341006': { zh: '右肺的面积（一张图像上）', en: 'Area of the right lung, in one image' },
  '44029006': { zh: '左肺的面积（一张图像上）', en: 'Area of the left lung, in one image' },
}

/** UCUM codes as people read them. */
const UNITS: Readonly<Record<string, LocalText>> = {
  '%': { zh: '%', en: '%' },
  "[hnsf'U]": { zh: '亨氏单位', en: 'Hounsfield units' },
  cm2: { zh: '平方厘米', en: 'cm²' },
  mL: { zh: '毫升', en: 'mL' },
  '1': { zh: '', en: '' },
}

const Coded = z.looseObject({
  coding: z.array(z.looseObject({ code: z.string().optional() })).optional(),
  text: z.string().optional(),
})
const Observation = z.looseObject({
  resourceType: z.literal('Observation'),
  code: Coded,
  bodySite: Coded.optional(),
  valueQuantity: z.looseObject({ value: z.number(), unit: z.string().optional(), code: z.string().optional() }),
})
/** The part of a FHIR R4 DiagnosticReport that is read here. */
const Report = z.looseObject({ contained: z.array(z.looseObject({ resourceType: z.string() })).optional() })

const codeOf = (concept: z.infer<typeof Coded> | undefined) => concept?.coding?.[0]?.code ?? ''

/** The figures of a FHIR document in plain words. @param fhir a DiagnosticReport as the reports room filed it */
export function plainFigures(fhir: Uint8Array): MyReport['figures'] {
  const report = Report.parse(JSON.parse(Buffer.from(fhir).toString('utf8')))
  return (report.contained ?? [])
    .filter(({ resourceType }) => resourceType === 'Observation')
    .map((one) => {
      const { code, bodySite, valueQuantity } = Observation.parse(one)
      const [quantity, site] = [codeOf(code), codeOf(bodySite)]
      const words = WORDS[`${quantity}:${site}`] ?? WORDS[quantity]
      const area = quantity === '42798000' ? AREA_OF[site] : undefined
      const own = code.text ?? quantity
      const unit = valueQuantity.unit ?? valueQuantity.code ?? ''
      return {
        name: area ?? words?.name ?? { zh: own, en: own },
        meaning: words?.meaning ?? null,
        value: valueQuantity.value,
        unit: UNITS[valueQuantity.code ?? ''] ?? { zh: unit, en: unit },
      }
    })
}
