import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Nouns } from '../command/help.ts'
import { runCommand } from '../command/run-command.ts'

export type Asked = { readonly method: string; readonly path: string; readonly headers: object; readonly body: unknown }

export type Reply =
  | { readonly status?: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | ((request: IncomingMessage, response: ServerResponse) => void)

/** A small real service on loopback that answers `GET /path` and so on from a table, and notes what it was asked. */
export async function startService(replies: Readonly<Record<string, Reply>>) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    const text = (await buffer(request)).toString()
    const { method = '', headers } = request
    asked.push({ method, path: request.url ?? '', headers, body: text === '' ? undefined : JSON.parse(text) })
    const reply = replies[`${method} ${path}`] ?? { status: 404, body: { code: 'nothing-here' } }
    if (typeof reply === 'function') return reply(request, response)
    const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const service = await startService({})
  await service.stop()
  return service.port
}

/** A data folder of its own. */
export function temporaryHouse() {
  const directory = mkdtempSync(join(tmpdir(), 'bithive-command-'))
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

export type Outcome = { readonly exit: number; readonly out: string; readonly err: string }

/** Runs one command line as a person would, in English unless told, and keeps what it printed. */
export async function tryCommand(
  line: string | readonly string[],
  env: Readonly<Record<string, string>> = {},
  nouns?: Nouns,
): Promise<Outcome> {
  let out = ''
  let err = ''
  const streams = {
    out: (text: string) => {
      out += text
    },
    err: (text: string) => {
      err += text
    },
  }
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const exit = await runCommand(words, { env: { LANG: 'en_GB.UTF-8', ...env }, streams, ...(nouns ? { nouns } : {}) })
  return { exit, out, err }
}
