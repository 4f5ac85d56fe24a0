import type { CodedConcept } from '@bithive/api/workload'

/** Codes of SNOMED CT as DICOM PS3.16 uses them; only concepts whose code is certain stand here. */
export const SCT = {
  anatomicalStructure: { value: '123037004', scheme: 'SCT', meaning: 'Anatomical Structure' },
  lung: { value: '39607008', scheme: 'SCT', meaning: 'Lung' },
  rightLung: { value: '3341006', scheme: 'SCT', meaning: 'Right lung' },
  leftLung: { value: '44029006', scheme: 'SCT', meaning: 'Left lung' },
  brain: { value: '12738006', scheme: 'SCT', meaning: 'Brain' },
  volume: { value: '118565006', scheme: 'SCT', meaning: 'Volume' },
  area: { value: '42798000', scheme: 'SCT', meaning: 'Area' },
} as const satisfies Record<string, CodedConcept>

/** Units of UCUM (PS3.16 CID 82). */
export const UCUM = {
  percent: { value: '%', scheme: 'UCUM', meaning: 'percent' },
  hounsfield: { value: "[hnsf'U]", scheme: 'UCUM', meaning: 'Hounsfield unit' },
  squareCentimetre: { value: 'cm2', scheme: 'UCUM', meaning: 'square centimeter' },
  millilitre: { value: 'mL', scheme: 'UCUM', meaning: 'milliliter' },
  none: { value: '1', scheme: 'UCUM', meaning: 'no units' },
} as const satisfies Record<string, CodedConcept>

/** Quantities without a code that is certain: a private scheme says so, where a guessed standard code would lie. */
export const OWN = {
  laa950: { value: 'LAA950', scheme: '99BITHIVE', meaning: 'Lung voxels below -950 HU' },
  perc15: { value: 'PERC15', scheme: '99BITHIVE', meaning: '15th percentile of lung density' },
  meanLungDensity: { value: 'MLD', scheme: '99BITHIVE', meaning: 'Mean lung density' },
  sharpness: { value: 'SHARPNESS', scheme: '99BITHIVE', meaning: 'Mean absolute Laplacian of the image' },
} as const satisfies Record<string, CodedConcept>
