import type { RoomMigrations } from '@bithive/kernel/database'

export { createTreasury, type Treasury } from './create-treasury.ts'
export { createFileRateSource } from './file-rate-source.ts'
export { createHttpRateSource } from './http-rate-source.ts'
export type { RateSource } from './rate-source.ts'
export type { Settlement } from './settlement.ts'

/** The numbered SQL files of this room. */
export const treasuryMigrations: RoomMigrations = {
  room: 'treasury',
  directory: new URL('./migrations/', import.meta.url),
}
