import type { QuoteView } from '@bithive/api/treasury'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { treasuryTexts } from './texts.ts'

const TONES: Readonly<Record<QuoteView['state'], Tone>> = {
  quoted: 'todo',
  expired: 'off',
  unknown: 'unknown',
  converted: 'ok',
  refused: 'bad',
}

export function QuoteState({ state }: { readonly state: QuoteView['state'] }) {
  const t = useTexts(treasuryTexts)
  return <StatusTag tone={TONES[state]}>{t(state)}</StatusTag>
}
