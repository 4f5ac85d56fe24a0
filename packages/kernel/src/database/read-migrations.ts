import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { databaseErrors } from './errors.ts'
import type { DatabaseName, RoomMigrations } from './types.ts'

export type Migration = {
  readonly room: string
  readonly number: number
  readonly file: string
  readonly sha256: string
  readonly text: string
}

/** The kernel's own tables and functions, which every database gets first. */
export const KERNEL_MIGRATIONS: RoomMigrations = {
  room: 'kernel',
  directory: new URL('../migrations/', import.meta.url),
}

/**
 * Reads the numbered files of one room, in order. Numbers start at 1 and have no gap.
 * @throws database.migration-misnumbered
 */
export function readMigrations(room: RoomMigrations): Migration[] {
  const directory = fileURLToPath(room.directory)
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
  return files.map((file, index) => {
    const number = Number(/^(\d{3})-[a-z0-9-]+\.sql$/.exec(file)?.[1])
    if (number !== index + 1) throw databaseErrors.error('migration-misnumbered', { room: room.room, file })
    const text = readFileSync(join(directory, file), 'utf8')
    return { room: room.room, number, file, sha256: createHash('sha256').update(text).digest('hex'), text }
  })
}

/** The kernel's migrations and then each room's, in the order given. */
export function readAllMigrations(rooms: readonly RoomMigrations[]): Migration[] {
  return [KERNEL_MIGRATIONS, ...rooms].flatMap(readMigrations)
}

/** Puts the database's own role names where a file says `:app` and `:worker`; a cast such as `::app` is left alone. */
export function withRoles(text: string, name: DatabaseName): string {
  return text.replace(/(?<![:\w]):(app|worker)\b/g, (_, kind: string) => `${name}_${kind}`)
}
