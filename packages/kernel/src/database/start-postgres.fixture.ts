import { systemClock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { silentLog } from '../log.ts'
import { connect } from './connect.ts'
import { startPostgres } from './start-postgres.ts'

/**
 * A process that tests may kill: starts a server on the folder given, says so on standard output, and with `write`
 * inserts rows and names each one after its commit was acknowledged.
 */
const [directory, mode] = process.argv.slice(2)
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

try {
  const server = await startPostgres({ directory: directory as string, log: silentLog })
  say({ pid: server.pid, url: server.url('postgres') })
  if (mode === 'write') {
    const sql = connect(server.url('postgres'), { max: 1 })
    await sql`CREATE TABLE IF NOT EXISTS acknowledged (n int PRIMARY KEY)`
    for (let n = 0; ; n++) {
      await sql`INSERT INTO acknowledged VALUES (${n})`
      say({ acknowledged: n })
    }
  }
  if (mode === 'throw') throw new Error('ends without stopping')
  if (mode === 'stop') await server.stop()
  else await systemClock.sleep(600_000)
} catch (error) {
  say({ code: error instanceof DomainError ? error.code : 'unknown', facts: (error as DomainError).facts ?? {} })
  process.exit(1)
}
