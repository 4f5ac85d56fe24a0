export { isRole, roleTexts } from './role-texts.ts'
export { RunView } from './run-view.tsx'
