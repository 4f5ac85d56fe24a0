import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { defineErrors } from './errors.ts'

export const serveErrors = defineErrors('serve', {
  'port-in-use': {
    status: 409,
    retryable: true,
    zh: { title: '端口已被占用', notDone: '没有启动。', todo: '请用 BITHIVE_PORT 换一个端口，或停止占用它的程序。' },
    en: {
      title: 'The port is in use',
      notDone: 'Nothing was started.',
      todo: 'Choose another with BITHIVE_PORT, or stop the program that holds it.',
    },
  },
})

export type ServeOptions = {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
}

export type Served = {
  readonly server: Server
  readonly port: number
  readonly url: string
  readonly stop: () => Promise<void>
}

/** Listens and answers. @throws serve.port-in-use */
export async function serve(options: ServeOptions): Promise<Served> {
  const listener = getRequestListener(options.fetch)
  const server = options.tls
    ? createHttpsServer(
        { cert: await readFile(options.tls.certFile), key: await readFile(options.tls.keyFile) },
        listener,
      )
    : createHttpServer(listener)
  // A client that sends its headers or body a byte a minute would hold a connection for ever.
  server.headersTimeout = 20_000
  server.requestTimeout = 300_000
  server.maxHeadersCount = 100
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? serveErrors.error('port-in-use', { port: options.port }, error) : error)
    })
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    server: server as Server,
    port,
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
