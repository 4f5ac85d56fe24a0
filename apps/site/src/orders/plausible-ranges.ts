/** What a figure can be at all in a living person. Outside it the computation failed or the result was made up. */
export type PlausibleRange = { readonly unit: string; readonly min: number; readonly max: number }

const HU = "[hnsf'U]"
const area: PlausibleRange = { unit: 'cm2', min: 0, max: 1_500 }
const lungVolume: PlausibleRange = { unit: 'mL', min: 0, max: 12_000 }

/**
 * Ranges by workload and measurement key, as data. They are wide on purpose: they tell garbage from a measurement,
 * not ill from well. Hounsfield units of lung lie between air (-1000, with noise below it) and soft tissue.
 */
const BY_WORKLOAD: Readonly<Record<string, Readonly<Record<string, PlausibleRange>>>> = {
  'imaging.ct.lung-density': {
    'laa-950': { unit: '%', min: 0, max: 100 },
    perc15: { unit: HU, min: -1_100, max: -300 },
    'mean-density': { unit: HU, min: -1_100, max: -300 },
    'lungs-area': area,
    'right-lung-area': area,
    'left-lung-area': area,
    'lungs-volume': lungVolume,
    'right-lung-volume': lungVolume,
    'left-lung-volume': lungVolume,
  },
  'imaging.mr.brain-volume': { 'brain-volume': { unit: 'mL', min: 200, max: 2_500 } },
}

/** For a workload without a table of its own: what its unit allows. A unit that is not here is not accepted. */
const BY_UNIT: readonly PlausibleRange[] = [
  { unit: '%', min: 0, max: 100 },
  { unit: HU, min: -3_100, max: 4_100 },
  { unit: 'cm2', min: 0, max: 20_000 },
  { unit: 'mL', min: 0, max: 50_000 },
  { unit: '1', min: -1e9, max: 1e9 },
]

/** The range for one figure, or undefined when this workload may not report such a figure. */
export function plausibleRange(workload: string, key: string, unit: string): PlausibleRange | undefined {
  const own = BY_WORKLOAD[workload]
  if (own) return own[key]
  return BY_UNIT.find((range) => range.unit === unit)
}
