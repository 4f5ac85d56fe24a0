import { z } from 'zod'
import { LocalText } from './workload.ts'

/** A study as the site's register shows it: who the patient is stays apart. What a newer site adds is passed over. */
export const StudyView = z.object({
  studyId: z.string(),
  personId: z.string(),
  state: z.string(),
  stateText: LocalText,
  images: z.int(),
  receivedAt: z.int(),
  lastImageAt: z.int(),
  /** Path of a small picture, below the site's own address; absent when none can be made. */
  thumbnailUrl: z.string().nullish(),
  series: z.array(z.object({ seriesId: z.string(), modality: z.string(), bodyPart: z.string(), images: z.int() })),
})
export type StudyView = z.infer<typeof StudyView>

/** GET /site/v1/studies?before=&limit=, newest first; with the reasons of what was received and set aside. */
export const StudyList = z.object({ studies: z.array(StudyView), quarantined: z.array(z.string()) })
export type StudyList = z.infer<typeof StudyList>

const Act = z.enum(['removed', 'emptied', 'replaced', 'remapped'])

/** GET /site/v1/studies/:studyId/series/:seriesId/deidentification: tags and acts, never a value. */
export const DeidentificationPreview = z.object({
  images: z.int(),
  counts: z.record(z.string(), z.int()),
  attributes: z.array(z.object({ tag: z.string(), act: Act })),
})
export type DeidentificationPreview = z.infer<typeof DeidentificationPreview>
