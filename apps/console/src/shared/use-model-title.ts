import { ModelList } from '@bithive/api/network'
import { useLive } from './queries.ts'
import { useSession } from './session.tsx'
import { useLocalText } from './texts.ts'

/** The name of an analysis in words, from its card; its code while the card is not known. */
export function useModelTitle(): (workload: string) => string {
  const said = useLocalText()
  const { networkBase } = useSession()
  const { data } = useLive(['jobs', 'models'], ModelList, `${networkBase}/models`)
  return (workload) => {
    const title = data?.models.find(({ card }) => card.id === workload)?.card.title
    return title ? said(title) : workload
  }
}
