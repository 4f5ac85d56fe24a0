import './shared/tokens.css'
import './shared/base.css'
import './m/m.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { PatientApp } from './m/patient-app.tsx'
import { applyPreferences } from './shared/preferences.ts'

applyPreferences()
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <PatientApp />
  </StrictMode>,
)
