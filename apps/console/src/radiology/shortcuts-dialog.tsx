import { Button, Modal, Switch } from 'antd'
import { setPreferences, usePreferences } from '../shared/preferences.ts'
import { useTexts } from '../shared/texts.ts'
import { radiologyTexts } from './texts.ts'

const KEYS = [
  [['↑', '↓'], 'keySlice'],
  [['PgUp', 'PgDn'], 'keyPage'],
  [['J', 'K'], 'keyFinding'],
  [['Y', 'N'], 'keyJudge'],
  [['1', '2', '3'], 'keyPreset'],
  [['A'], 'keyOverlay'],
  [['W', 'Z', 'P', 'M'], 'keyTools'],
  [['+', '−', '0'], 'keyZoom'],
  [['?'], 'keyHelp'],
] as const

/** Every key of the viewer. Single-key shortcuts can be switched off: some speech software presses letters. */
export function ShortcutsDialog(props: {
  readonly open: boolean
  /** How many windows the images on view have: the keys from 1 on. */
  readonly presets: number
  readonly onClose: () => void
}) {
  const { open, presets, onClose } = props
  const t = useTexts(radiologyTexts)
  const { shortcuts } = usePreferences()
  return (
    <Modal
      open={open}
      title={t('keys')}
      onCancel={onClose}
      closable={false}
      footer={
        <Button type="primary" autoFocus onClick={onClose}>
          {t('close')}
        </Button>
      }
    >
      <div className="bh-stack">
        <span className="bh-row">
          <Switch
            checked={shortcuts}
            aria-label={t('keysSwitch')}
            onChange={(on) => setPreferences({ shortcuts: on })}
          />
          <span>{t('keysSwitch')}</span>
        </span>
        <dl className="rad-keys">
          {KEYS.filter(([, text]) => text !== 'keyPreset' || presets > 0).map(([keys, text]) => (
            <div key={text}>
              <dt>
                {(text === 'keyPreset' ? keys.slice(0, presets) : keys).map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{t(text)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Modal>
  )
}
