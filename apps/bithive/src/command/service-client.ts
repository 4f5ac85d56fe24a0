import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Problem, toProblem } from '@bithive/kernel/errors'
import { z } from 'zod'
import { commandErrors } from './errors.ts'

/** An answer of a service that is a problem: carried to the person and to the exit code as it is. */
export class ServiceProblem extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.name = 'ServiceProblem'
    this.problem = problem
  }
}

/** Where the command keeps the address and token of the hub and the site it works with (mode 0600). */
const Connection = z.strictObject({
  url: z.url(),
  /** A service token goes into Authorization, a person's session into Cookie. */
  token: z.string().min(16).optional(),
  cookie: z.string().min(16).optional(),
})
export type Connection = z.infer<typeof Connection>
const Connections = z.strictObject({ hub: Connection.optional(), site: Connection.optional() })
export type Connections = z.infer<typeof Connections>

const fileOf = (dataDirectory: string) => join(dataDirectory, 'command', 'connections.json')

export async function readConnections(dataDirectory: string): Promise<Connections> {
  try {
    return Connections.parse(JSON.parse(await readFile(fileOf(dataDirectory), 'utf8')))
  } catch {
    return {}
  }
}

export async function writeConnections(dataDirectory: string, connections: Connections): Promise<void> {
  const file = fileOf(dataDirectory)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, `${JSON.stringify(connections, null, 2)}\n`, { mode: 0o600 })
  // The mode above counts only for a new file.
  await chmod(file, 0o600)
}

export type ServiceClient = {
  readonly url: string
  readonly get: (path: string) => Promise<unknown>
  readonly post: (path: string, body: object) => Promise<unknown>
  readonly remove: (path: string, body: object) => Promise<unknown>
}

const TIMEOUT_MS = 30_000

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text()
  try {
    const problem = JSON.parse(text) as Problem
    if (typeof problem.code === 'string' && typeof problem.status === 'number') return problem
  } catch {
    // Falls through: whatever answered is not a service of ours.
  }
  return toProblem(commandErrors.error('bad-answer', { status: response.status }), 'en')
}

const withBody = (method: string, body: object): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** Calls one service with its token. Never follows a redirect, so that a token stays where it belongs. */
export function createServiceClient(connection: Connection): ServiceClient {
  const credential: Record<string, string> = connection.token
    ? { authorization: `Bearer ${connection.token}` }
    : connection.cookie
      ? { cookie: connection.cookie }
      : {}
  const call = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { ...(init.headers ?? {}), ...credential }
    let response: Response
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      response = await fetch(new URL(path, connection.url), { ...init, headers, redirect: 'error', signal })
    } catch (error) {
      const timedOut = (error as Error).name === 'TimeoutError'
      throw commandErrors.error(timedOut ? 'timeout' : 'unreachable', { url: connection.url }, error)
    }
    if (!response.ok) throw new ServiceProblem(await problemOf(response))
    return response
  }
  const json = async (response: Response) => {
    try {
      return (await response.json()) as unknown
    } catch (error) {
      throw commandErrors.error('bad-answer', { status: response.status }, error)
    }
  }
  return {
    url: connection.url,
    get: async (path) => json(await call(path, { method: 'GET' })),
    post: async (path, body) => json(await call(path, withBody('POST', body))),
    remove: async (path, body) => json(await call(path, withBody('DELETE', body))),
  }
}

/** @throws command.not-signed-in when `login` was not run for this service. */
export async function connectTo(service: 'hub' | 'site', dataDirectory: string): Promise<ServiceClient> {
  const connection = (await readConnections(dataDirectory))[service]
  if (!connection) throw commandErrors.error('not-signed-in', { service })
  return createServiceClient(connection)
}
