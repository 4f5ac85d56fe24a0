import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { replaceWholeFile } from '@bithive/kernel/whole-file'
import { z } from 'zod'
import { callService } from './call-service.ts'
import { commandErrors } from './errors.ts'

export { ServiceProblem } from './call-service.ts'

/** Where the command keeps the address and token of the hub and the site it works with (mode 0600). */
const Connection = z.strictObject({
  url: z.url(),
  /** A service token goes into Authorization, a person's session into Cookie. */
  token: z
    .string()
    .regex(/^[\x21-\x7e]{16,4096}$/)
    .optional(),
  cookie: z
    .string()
    .regex(/^[\x20-\x7e]{16,16384}$/)
    .optional(),
})
export type Connection = z.infer<typeof Connection>
const Connections = z.strictObject({ hub: Connection.optional(), site: Connection.optional() })
export type Connections = z.infer<typeof Connections>

const fileOf = (dataDirectory: string) => join(dataDirectory, 'command', 'connections.json')

/** What `login` kept; nothing when there is no file or it cannot be understood. */
export async function readConnections(dataDirectory: string): Promise<Connections> {
  try {
    return Connections.parse(JSON.parse(await readFile(fileOf(dataDirectory), 'utf8')))
  } catch {
    return {}
  }
}

/** Keeps connections for this user alone. @throws command.usage when one could not be read again */
export async function writeConnections(dataDirectory: string, connections: Connections): Promise<void> {
  const checked = Connections.safeParse(connections)
  if (!checked.success) throw commandErrors.error('usage', { option: String(checked.error.issues[0]?.path.join('.')) })
  const file = fileOf(dataDirectory)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await replaceWholeFile(file, `${JSON.stringify(checked.data, null, 2)}\n`)
}

export type ServiceClient = {
  readonly url: string
  readonly get: (path: string) => Promise<unknown>
  readonly post: (path: string, body: object) => Promise<unknown>
  readonly remove: (path: string, body: object) => Promise<unknown>
}

/** Calls one service in the name of a connection. Errors: those of `callService`. */
export function createServiceClient(connection: Connection, timeoutMs?: number): ServiceClient {
  const credential: Record<string, string> = connection.token
    ? { authorization: `Bearer ${connection.token}` }
    : connection.cookie
      ? { cookie: connection.cookie }
      : {}
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const sent = body ? { body: JSON.stringify(body) } : {}
    const headers = {
      accept: 'application/json',
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...credential,
    }
    const { status, text } = await callService(connection.url, path, { method, headers, ...sent }, timeoutMs)
    try {
      return JSON.parse(text) as unknown
    } catch (error) {
      throw commandErrors.error('bad-answer', { status }, error)
    }
  }
  return {
    url: connection.url,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    remove: (path, body) => call('DELETE', path, body),
  }
}

/** @throws command.not-signed-in when `login` was not run for this service. */
export async function connectTo(service: 'hub' | 'site', dataDirectory: string): Promise<ServiceClient> {
  const connection = (await readConnections(dataDirectory))[service]
  if (!connection) throw commandErrors.error('not-signed-in', { service })
  return createServiceClient(connection)
}
