import { useTexts } from '../shared/texts.ts'
import { Picture } from './picture.tsx'
import { radiologyTexts } from './texts.ts'
import type { Series } from './use-study.ts'

type Props = {
  readonly series: readonly Series[]
  readonly chosen: string | undefined
  readonly onChoose: (seriesInstanceUid: string) => void
  /** How many images of the chosen series are here, and of how many. */
  readonly read: number
  readonly total: number
}

/** The series of a study, each with a small picture and how much of it is loaded. */
export function SeriesList({ series, chosen, onChoose, read, total }: Props) {
  const t = useTexts(radiologyTexts)
  return (
    <nav className="rad-series" aria-label={t('series')}>
      <h2>
        {t('series')} · {series.length}
      </h2>
      <ul>
        {series.map(({ seriesInstanceUid, path, description, modality, images }) => {
          const current = seriesInstanceUid === chosen
          const percent = total > 0 ? Math.round((read / total) * 100) : 0
          const state = !current ? 'waiting' : total > 0 && read >= total ? 'loaded' : 'loading'
          return (
            <li key={seriesInstanceUid}>
              <button type="button" aria-current={current} onClick={() => onChoose(seriesInstanceUid)}>
                <Picture path={`${path}/thumbnail?viewport=264,200`} alt="" />
                <strong dir="auto">{description || modality}</strong>
                <span className="bh-small">{t(state, { count: current && total > 0 ? total : images, percent })}</span>
                {current && <progress max={100} value={percent} aria-label={t('series')} />}
              </button>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
