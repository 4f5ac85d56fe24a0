import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isPostgresOn, postmasterPid } from './postmaster.ts'
import { urlOf } from './server.ts'

/**
 * The embedded server that another process of ours runs on this folder, when there is one: for a backup beside a
 * running hub. Changes nothing. @returns what gives the superuser's URL of one database
 */
export function findRunningPostgres(directory: string): ((database: string) => string) | undefined {
  const own = resolve(directory)
  const pointer = join(own, 'location.json')
  const home = existsSync(pointer) ? (JSON.parse(readFileSync(pointer, 'utf8')) as { home: string }).home : own
  const data = join(home, 'data')
  const pid = postmasterPid(data)
  if (pid === undefined || !isPostgresOn(pid, data)) return undefined
  // postmaster.pid by line: pid, data folder, start time, port, socket folder, listen address.
  const [, , , port = '', socket = '', address = ''] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
  const password = readFileSync(join(own, 'secrets', 'superuser'), 'utf8').trim()
  const host = socket.trim() || address.trim()
  return (database) => urlOf({ host, port: Number(port) }, password, database)
}
