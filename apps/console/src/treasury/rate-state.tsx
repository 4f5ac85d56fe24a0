import type { RateView } from '@bithive/api/treasury'
import { StatusTag } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { treasuryTexts } from './texts.ts'

export function RateState({ state }: { readonly state: RateView['state'] }) {
  const t = useTexts(treasuryTexts)
  const tone = state === 'ok' ? 'ok' : state === 'none' ? 'off' : state === 'stale' ? 'todo' : 'bad'
  return <StatusTag tone={tone}>{t(state)}</StatusTag>
}
