import { useEffect, useRef, useState } from 'react'
import { formatTime } from '../shared/format.ts'
import { after, now } from '../shared/now.ts'
import { useConnection } from '../shared/online.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { shellTexts } from './texts.ts'

/** While the page hears nothing from its server: how old the data are, how often it tried, and a button to try now. */
export function ConnectionStrip() {
  const t = useTexts(shellTexts)
  const locale = useLocale()
  const { state, heardAt, tries, tryNow } = useConnection()
  const wasLost = useRef(false)
  const [back, setBack] = useState(false)
  useEffect(() => {
    if (state === 'lost') wasLost.current = true
    if (state !== 'open' || !wasLost.current) return setBack(false)
    wasLost.current = false
    setBack(true)
    return after(4_000, () => setBack(false))
  }, [state])
  if (state === 'lost') {
    return (
      <div className="bh-strip" role="status" data-state="lost">
        <strong>{t('lost')}</strong>
        {heardAt !== undefined && <span>{t('lostData', { time: formatTime(heardAt, locale, now()) })}</span>}
        <span>{t('lostTries', { count: tries })}</span>
        <button type="button" onClick={tryNow}>
          {t('tryNow')}
        </button>
      </div>
    )
  }
  return (
    <div role="status" className={back ? 'bh-strip' : 'bh-sr'} data-state="back">
      {back ? t('back') : ''}
    </div>
  )
}
