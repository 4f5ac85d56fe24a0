import { setPreferences, usePreferences } from '../shared/preferences.ts'
import { useTexts } from '../shared/texts.ts'
import { shellTexts } from './texts.ts'

/** Changes to the other language, named in that language. */
export function LanguageSwitch() {
  const t = useTexts(shellTexts)
  const { locale } = usePreferences()
  const other = locale === 'zh' ? 'en' : 'zh'
  return (
    <button
      type="button"
      className="bh-quiet"
      lang={other === 'zh' ? 'zh-CN' : 'en'}
      onClick={() => setPreferences({ locale: other })}
    >
      {t('languageShort')}
      <span className="bh-sr"> · {t('language')}</span>
    </button>
  )
}
