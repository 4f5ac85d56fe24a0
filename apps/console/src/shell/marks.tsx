import { useHouse } from '../shared/house.ts'
import { useTexts } from '../shared/texts.ts'
import { shellTexts } from './texts.ts'

/** On every page while money is not real or people are invented; it cannot be put away. */
export function Marks() {
  const t = useTexts(shellTexts)
  const { data } = useHouse()
  if (!data || (!data.sample && data.profile !== 'sample')) return null
  return (
    <section className="bh-marks" aria-label={t('testNetwork')}>
      <strong>{t('testNetwork')}</strong>
      <span>
        {t('testNetworkSaid')}
        {data.sample && ` · ${t('sampleSaid')}`}
      </span>
    </section>
  )
}
