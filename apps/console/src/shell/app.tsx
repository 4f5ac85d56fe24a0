import { QueryClientProvider } from '@tanstack/react-query'
import { App as AntApp, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { useState } from 'react'
import { Alone } from '../setup/alone.tsx'
import { useMode, usePreferences } from '../shared/preferences.ts'
import { createQueryClient } from '../shared/queries.ts'
import { createTheme } from '../shared/theme.ts'
import { useMedia } from '../shared/use-media.ts'
import { Gate } from './gate.tsx'

/** Theme, language and data for everything below. */
export function App() {
  const { locale, density, largeType } = usePreferences()
  const mode = useMode()
  const still = useMedia('(prefers-reduced-motion: reduce)')
  const [queries] = useState(createQueryClient)
  return (
    <ConfigProvider
      theme={createTheme(mode, { largeType, still })}
      locale={locale === 'zh' ? zhCN : enUS}
      componentSize={density === 'dense' ? 'small' : 'middle'}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
    >
      <AntApp component={false}>
        <QueryClientProvider client={queries}>
          <Alone>
            <Gate />
          </Alone>
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  )
}
