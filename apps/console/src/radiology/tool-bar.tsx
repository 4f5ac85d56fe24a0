import {
  ArrowLeftOutlined,
  BgColorsOutlined,
  DragOutlined,
  EyeInvisibleOutlined,
  EyeOutlined,
  LineOutlined,
  QuestionCircleOutlined,
  ReloadOutlined,
  ZoomInOutlined,
} from '@ant-design/icons'
import type { WorklistRow } from '@bithive/api/reports'
import { Link } from '@tanstack/react-router'
import { Slider } from 'antd'
import type { ReactNode } from 'react'
import { useLocale, useTexts } from '../shared/texts.ts'
import { displayName, personFacts, studyDay } from './person-line.ts'
import type { Preset, PresetKey } from './presets.ts'
import type { Tool } from './stack-view.tsx'
import { radiologyTexts } from './texts.ts'

type Props = {
  readonly row: WorklistRow
  readonly tool: Tool
  readonly onTool: (tool: Tool) => void
  readonly presets: readonly Preset[]
  readonly preset: PresetKey | undefined
  readonly onPreset: (key: PresetKey) => void
  readonly onReset: () => void
  readonly overlay: { readonly on: boolean; readonly opacity: number } | undefined
  readonly onOverlay: (change: { on?: boolean; opacity?: number }) => void
  readonly onHelp: () => void
}

const TOOLS: readonly { readonly tool: Tool; readonly icon: ReactNode; readonly key: string }[] = [
  { tool: 'window', icon: <BgColorsOutlined aria-hidden />, key: 'W' },
  { tool: 'zoom', icon: <ZoomInOutlined aria-hidden />, key: 'Z' },
  { tool: 'pan', icon: <DragOutlined aria-hidden />, key: 'P' },
  { tool: 'measure', icon: <LineOutlined aria-hidden />, key: 'M' },
]

/** Whose study it is, and what a hand does on the image. */
export function ToolBar(props: Props) {
  const t = useTexts(radiologyTexts)
  const locale = useLocale()
  const { row, overlay } = props
  return (
    <header className="rad-tools">
      <Link to={'/radiology' as never} className="rad-tool">
        <ArrowLeftOutlined aria-hidden />
        {t('back')}
      </Link>
      <div className="rad-who">
        <h1 dir="auto">{[displayName(row, locale), personFacts(row, t)].filter(Boolean).join(' · ')}</h1>
        <span className="bh-small" dir="auto">
          {[row.modalities.join(' '), row.description, studyDay(row.studyDate)].filter(Boolean).join(' · ')}
        </span>
      </div>
      <div className="rad-group" role="toolbar" aria-label={t('window')}>
        {TOOLS.map(({ tool, icon, key }) => (
          <button
            key={tool}
            type="button"
            className="rad-tool"
            aria-pressed={props.tool === tool}
            aria-keyshortcuts={key}
            onClick={() => props.onTool(tool)}
          >
            {icon}
            {t(tool)}
          </button>
        ))}
        <button type="button" className="rad-tool" aria-keyshortcuts="0" onClick={props.onReset}>
          <ReloadOutlined aria-hidden />
          {t('fit')}
        </button>
      </div>
      <div className="rad-group rad-presets">
        {props.presets.map(({ key }, index) => (
          <button
            key={key}
            type="button"
            className="rad-preset"
            aria-pressed={props.preset === key}
            aria-keyshortcuts={String(index + 1)}
            onClick={() => props.onPreset(key)}
          >
            {t(key)} <kbd>{index + 1}</kbd>
          </button>
        ))}
      </div>
      {overlay && (
        <div className="rad-group rad-overlay">
          <button
            type="button"
            className="rad-preset"
            aria-pressed={overlay.on}
            aria-keyshortcuts="A"
            onClick={() => props.onOverlay({ on: !overlay.on })}
          >
            {overlay.on ? <EyeOutlined aria-hidden /> : <EyeInvisibleOutlined aria-hidden />} {t('overlay')}
          </button>
          <Slider
            className="rad-opacity"
            min={5}
            max={100}
            disabled={!overlay.on}
            value={Math.round(overlay.opacity * 100)}
            onChange={(value) => props.onOverlay({ opacity: value / 100 })}
            ariaLabelForHandle={t('opacity')}
            tooltip={{ open: false }}
          />
          <span className="bh-small">{Math.round(overlay.opacity * 100)}%</span>
        </div>
      )}
      <button type="button" className="rad-tool rad-end" aria-keyshortcuts="?" onClick={props.onHelp}>
        <QuestionCircleOutlined aria-hidden />
        {t('keys')}
      </button>
    </header>
  )
}
