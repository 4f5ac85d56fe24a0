import { z } from 'zod'

/**
 * What a device or a record says about a patient. Never leaves the site and never enters a log. Whatever else an
 * arrival says (an accession number) is dropped here: the vault keeps who, not what was done.
 */
export const PatientFields = z.object({
  patientId: z.string().trim().max(64),
  /** Issuer of Patient ID (0010,0021); empty means the site itself. */
  issuerOfPatientId: z.string().trim().max(64).default(''),
  /** DICOM person name: alphabetic, ideographic and phonetic groups parted by `=` (PS3.5 section 6.2.1). */
  patientName: z.string().trim().max(324).default(''),
  /** `YYYYMMDD`, or empty when it is not known. */
  birthDate: z
    .string()
    .trim()
    .regex(/^(\d{8})?$/)
    .default(''),
  sex: z.enum(['M', 'F', 'O', '']).default(''),
})
export type PatientFields = z.output<typeof PatientFields>
export type PatientFieldsInput = z.input<typeof PatientFields>

export const ConflictField = z.enum(['patientName', 'birthDate', 'sex'])
export type ConflictField = z.infer<typeof ConflictField>

export const Reason = z.strictObject({ reason: z.string().trim().min(3).max(200) })
export const Resolution = z.strictObject({ resolution: z.enum(['same-person', 'different-person']) })
export type Resolution = z.infer<typeof Resolution>['resolution']
