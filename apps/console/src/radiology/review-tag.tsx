import type { ReviewState } from '@bithive/api/reports'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { radiologyTexts } from './texts.ts'

const TONES: Readonly<Record<ReviewState, Tone>> = { pending: 'todo', accepted: 'ok', rejected: 'off', disputed: 'bad' }

export function ReviewTag({ state }: { readonly state: ReviewState }) {
  const t = useTexts(radiologyTexts)
  return <StatusTag tone={TONES[state]}>{t(state)}</StatusTag>
}
