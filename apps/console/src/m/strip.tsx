import { formatTime } from '../shared/format.ts'
import { useHouse } from '../shared/house.ts'
import { now } from '../shared/now.ts'
import { useConnection } from '../shared/online.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { mTexts } from './texts.ts'

/** What must be known on every screen: that money is not real, and that the phone is cut off. */
export function Strip() {
  const t = useTexts(mTexts)
  const locale = useLocale()
  const { data } = useHouse()
  const { state, heardAt, tryNow } = useConnection()
  return (
    <>
      {data && (data.sample || data.profile === 'sample') && <aside className="m-marks">{t('marks')}</aside>}
      <div role="status">
        {state === 'lost' && (
          <div className="m-lost">
            <strong>{t('lost')}</strong>
            {heardAt !== undefined && <span>{t('lostData', { time: formatTime(heardAt, locale, now()) })}</span>}
            <button type="button" onClick={tryNow}>
              {t('tryNow')}
            </button>
          </div>
        )}
      </div>
    </>
  )
}
