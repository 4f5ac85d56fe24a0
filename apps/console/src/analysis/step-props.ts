import type { Draft } from './draft.ts'
import type { usePreview } from './use-preview.ts'

/** What every step of a new analysis is given. */
export type StepProps = {
  readonly draft: Draft
  readonly change: (part: Partial<Draft>) => void
  readonly preview: ReturnType<typeof usePreview>
}
