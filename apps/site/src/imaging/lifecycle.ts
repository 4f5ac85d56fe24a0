import type { LocalText } from '@bithive/api/workload'

export type StudyState = 'receiving' | 'complete'

export type StudyStateEntry = {
  readonly next: readonly StudyState[]
  /** After this long without a new image the next state is taken. */
  readonly quietMs?: number
  readonly text: LocalText
}

/**
 * DICOM does not say when a study is whole, so quiet says it. A late image opens the study again: whoever was told
 * that it is complete is told once more.
 */
export const STUDY_LIFECYCLE: Readonly<Record<StudyState, StudyStateEntry>> = {
  receiving: { next: ['complete'], quietMs: 2_000, text: { zh: '正在接收', en: 'Being received' } },
  complete: { next: ['receiving'], text: { zh: '已收齐', en: 'Complete' } },
}
