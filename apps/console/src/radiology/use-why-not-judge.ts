import { hasRole, useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { radiologyTexts } from './texts.ts'

/** Why the person cannot judge a result, or undefined when they can. The server decides again. */
export function useWhyNotJudge(): string | undefined {
  const t = useTexts(radiologyTexts)
  return hasRole(useSession(), 'clinician') ? undefined : t('onlyClinicians')
}
