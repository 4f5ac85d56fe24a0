import { z } from 'zod'

/** A sign-in of the invented people of a sample house. Their one password stands in a file on the machine. */
export const SampleSignIn = z.object({
  login: z.string(),
  service: z.enum(['site', 'hub']),
  who: z.object({ zh: z.string(), en: z.string() }),
  /** Whose pages are those for phones. */
  phone: z.boolean().optional(),
})

/** `GET /house`: what anyone may know of a house before signing in. */
export const HouseFacts = z.object({
  version: z.string(),
  profile: z.string(),
  /** True while the house holds the invented organisations. */
  sample: z.boolean(),
  /** Whether a hospital's part runs here, with accounts of its own. */
  hospital: z.boolean(),
  dicom: z.object({ aeTitle: z.string(), port: z.number() }).optional(),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  sampleSignIn: z.object({ passwordFile: z.string(), people: z.array(SampleSignIn) }).optional(),
})
export type HouseFacts = z.infer<typeof HouseFacts>
