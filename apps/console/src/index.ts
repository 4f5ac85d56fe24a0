export { type HubStatus, renderStatusPage } from './status/render-status-page.ts'
