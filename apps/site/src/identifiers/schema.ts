import { z } from 'zod'

/** What a device or a record says about a patient. Never leaves the site and never enters a log. */
export const PatientFields = z.strictObject({
  patientId: z.string().trim().max(64),
  /** Issuer of Patient ID (0010,0021); empty means the site itself. */
  issuer: z.string().trim().max(64).default(''),
  /** DICOM person name: alphabetic, ideographic and phonetic groups parted by `=` (PS3.5 section 6.2.1). */
  name: z.string().trim().max(324).default(''),
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

export const ConflictField = z.enum(['name', 'birthDate', 'sex'])
export type ConflictField = z.infer<typeof ConflictField>

export const Reason = z.strictObject({ reason: z.string().trim().min(3).max(200) })
export const Resolution = z.strictObject({ resolution: z.enum(['same-person', 'different-person']) })
export type Resolution = z.infer<typeof Resolution>['resolution']
