import { z } from 'zod'

/** One attribute of the DICOM JSON model (PS3.18 annex F.2). */
export const DicomAttribute = z.object({
  vr: z.string(),
  Value: z.array(z.unknown()).optional(),
  InlineBinary: z.string().optional(),
  BulkDataURI: z.string().optional(),
})

/** A data set as QIDO-RS and the metadata of WADO-RS give it: attributes by tag, eight hexadecimal digits. */
export const DicomDataSet = z.record(z.string().regex(/^[0-9A-F]{8}$/), DicomAttribute)
export type DicomDataSet = z.infer<typeof DicomDataSet>

export const DicomDataSets = z.array(DicomDataSet)
