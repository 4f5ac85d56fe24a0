import { Segmented, Switch } from 'antd'
import { useId } from 'react'
import { Panel } from '../shared/panel.tsx'
import { setPreferences, usePreferences } from '../shared/preferences.ts'
import { defineTexts, useTexts } from '../shared/texts.ts'

const texts = defineTexts({
  zh: {
    title: '偏好',
    about: '保存在这台设备上。',
    language: '语言',
    scheme: '颜色',
    light: '浅色',
    dark: '深色',
    system: '跟随系统',
    density: '行距',
    comfortable: '宽松',
    dense: '紧凑',
    large: '大字',
    shortcuts: '单键快捷键（/）',
  },
  en: {
    title: 'Preferences',
    about: 'Kept on this device.',
    language: 'Language',
    scheme: 'Colours',
    light: 'Light',
    dark: 'Dark',
    system: 'As the system',
    density: 'Rows',
    comfortable: 'Comfortable',
    dense: 'Dense',
    large: 'Large type',
    shortcuts: 'Single-key shortcuts (/)',
  },
})

type Row<V extends string> = {
  readonly label: string
  readonly value: V
  readonly options: readonly { readonly value: V; readonly label: string }[]
  readonly set: (value: V) => void
}

function Choice<V extends string>({ label, value, options, set }: Row<V>) {
  return (
    <div className="bh-preference">
      <span>{label}</span>
      <Segmented<V> aria-label={label} value={value} options={[...options]} onChange={set} />
    </div>
  )
}

function Toggle({ label, value, set }: { label: string; value: boolean; set: (value: boolean) => void }) {
  const id = useId()
  return (
    <div className="bh-preference">
      <label htmlFor={id}>{label}</label>
      <Switch id={id} checked={value} onChange={set} />
    </div>
  )
}

/** How pages look and read on this device. */
export function PreferencesPanel() {
  const t = useTexts(texts)
  const { locale, scheme, density, largeType, shortcuts } = usePreferences()
  const named = <V extends 'light' | 'dark' | 'system' | 'comfortable' | 'dense'>(values: readonly V[]) =>
    values.map((value) => ({ value, label: t(value) }))
  return (
    <Panel title={t('title')} extra={t('about')}>
      <Choice
        label={t('language')}
        value={locale}
        options={[
          { value: 'zh', label: '中文' },
          { value: 'en', label: 'English' },
        ]}
        set={(value) => setPreferences({ locale: value })}
      />
      <Choice
        label={t('scheme')}
        value={scheme}
        options={named(['light', 'dark', 'system'])}
        set={(value) => setPreferences({ scheme: value })}
      />
      <Choice
        label={t('density')}
        value={density}
        options={named(['comfortable', 'dense'])}
        set={(value) => setPreferences({ density: value })}
      />
      <Toggle label={t('large')} value={largeType} set={(value) => setPreferences({ largeType: value })} />
      <Toggle label={t('shortcuts')} value={shortcuts} set={(value) => setPreferences({ shortcuts: value })} />
    </Panel>
  )
}
