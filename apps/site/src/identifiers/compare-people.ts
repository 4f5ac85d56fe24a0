import type { ConflictField, PatientFields } from './schema.ts'

/** One spelling for what devices write differently: width, case, spaces and empty trailing components. */
function foldName(group: string): string {
  return group
    .normalize('NFKC')
    .toUpperCase()
    .split('^')
    .map((part) => part.replace(/\s+/g, ' ').trim())
    .join('^')
    .replace(/\^+$/, '')
}

/** Names differ when a group that both carry differs; two scripts with nothing in common cannot be compared. */
function namesDiffer(known: string, offered: string): boolean {
  const groups = [known.split('='), offered.split('=')] as const
  for (let i = 0; i < 3; i++) {
    const a = foldName(groups[0][i] ?? '')
    const b = foldName(groups[1][i] ?? '')
    if (a && b && a !== b) return true
  }
  return false
}

const bothDiffer = (a: string, b: string) => a !== '' && b !== '' && a !== b

/**
 * Which details speak against the two being one person. A detail that one side does not know is no conflict.
 * @returns names of fields only, never their values
 */
export function comparePeople(known: PatientFields, offered: PatientFields): ConflictField[] {
  const differs: ConflictField[] = []
  if (namesDiffer(known.patientName, offered.patientName)) differs.push('patientName')
  if (bothDiffer(known.birthDate, offered.birthDate)) differs.push('birthDate')
  const sexes = [known.sex, offered.sex]
  if (sexes.includes('M') && sexes.includes('F')) differs.push('sex')
  return differs
}

/** What is known after a later arrival that does not conflict: only gaps are filled, nothing is replaced. */
export function fillGaps(known: PatientFields, offered: PatientFields): PatientFields {
  return {
    ...known,
    patientName: known.patientName || offered.patientName,
    birthDate: known.birthDate || offered.birthDate,
    sex: known.sex || offered.sex,
  }
}

/** The offered details in one spelling, for recognising the same offer again. */
export const foldFields = (fields: PatientFields): string =>
  JSON.stringify([fields.patientName.split('=').map(foldName), fields.birthDate, fields.sex])
