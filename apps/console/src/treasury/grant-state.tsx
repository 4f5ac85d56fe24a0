import type { GrantView } from '@bithive/api/treasury'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { grantTexts } from './grant-texts.ts'

const TONES: Readonly<Record<GrantView['state'], Tone>> = {
  locking: 'unknown',
  running: 'run',
  revoked: 'off',
  ended: 'ok',
  refused: 'bad',
}

export function GrantState({ state }: { readonly state: GrantView['state'] }) {
  const t = useTexts(grantTexts)
  return <StatusTag tone={TONES[state]}>{t(state)}</StatusTag>
}
