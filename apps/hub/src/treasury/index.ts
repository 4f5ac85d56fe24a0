export { createTreasury, type Settlement, type Treasury } from './create-treasury.ts'
