import type { Slice } from './read-metadata.ts'
import type { Range, Spread } from './stack-engine.ts'

export type PresetKey = 'lung' | 'mediastinum' | 'bone' | 'full' | 'contrast' | 'stored'
export type Preset = { readonly key: PresetKey; readonly rangeOf: (spread: Spread, slice: Slice) => Range }

const fixed = (center: number, width: number) => (): Range => ({ lower: center - width / 2, upper: center + width / 2 })
const apart = (lower: number, upper: number): Range => ({ lower, upper: Math.max(upper, lower + 1) })

const FULL: Preset = { key: 'full', rangeOf: ({ least, greatest }) => apart(least, greatest) }
const CONTRAST: Preset = { key: 'contrast', rangeOf: ({ low, high }) => apart(low, high) }
const STORED: Preset = {
  key: 'stored',
  rangeOf: ({ least, greatest }, { window }) =>
    window ? apart(window.center - window.width / 2, window.center + window.width / 2) : apart(least, greatest),
}

/** Windows of a CT are in Hounsfield units; what else there is has no scale of its own, so it is shown by its range. */
export function presetsFor(modality: string, slice: Slice | undefined): readonly Preset[] {
  if (slice?.samples === 3) return []
  if (modality === 'CT') {
    return [
      { key: 'lung', rangeOf: fixed(-600, 1500) },
      { key: 'mediastinum', rangeOf: fixed(40, 400) },
      { key: 'bone', rangeOf: fixed(400, 1800) },
    ]
  }
  return slice?.window ? [STORED, FULL, CONTRAST] : [FULL, CONTRAST]
}
