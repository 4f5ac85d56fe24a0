import './shared/tokens.css'
import './shared/base.css'
import './shell/shell.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { applyPreferences } from './shared/preferences.ts'
import { App } from './shell/app.tsx'

applyPreferences()
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
