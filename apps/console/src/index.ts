export { type EnsureConsole, ensureConsole } from './build/ensure-console.ts'
export { type HubStatus, renderStatusPage } from './status/render-status-page.ts'
