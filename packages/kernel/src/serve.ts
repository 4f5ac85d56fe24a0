import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
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
  'cannot-listen': {
    status: 500,
    retryable: false,
    zh: {
      title: '无法在这个地址上监听',
      notDone: '没有启动。',
      todo: '请检查 BITHIVE_HOST 是否属于这台电脑；1024 以下的端口需要系统权限。',
    },
    en: {
      title: 'This address cannot be listened on',
      notDone: 'Nothing was started.',
      todo: 'Check that BITHIVE_HOST belongs to this machine. Ports below 1024 need a permission of the system.',
    },
  },
  'bad-certificate': {
    status: 500,
    retryable: false,
    zh: {
      title: '证书或私钥无法使用',
      notDone: '没有启动。',
      todo: '请检查 BITHIVE_TLS_CERT_FILE 和 BITHIVE_TLS_KEY_FILE：PEM 格式、可读、彼此匹配。',
    },
    en: {
      title: 'The certificate or its key cannot be used',
      notDone: 'Nothing was started.',
      todo: 'Check BITHIVE_TLS_CERT_FILE and BITHIVE_TLS_KEY_FILE: PEM, readable, and made for each other.',
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

type Listener = ReturnType<typeof getRequestListener>

async function createServer(tls: ServeOptions['tls'], listener: Listener): Promise<Server> {
  if (!tls) return createHttpServer(listener)
  try {
    const [cert, key] = await Promise.all([readFile(tls.certFile), readFile(tls.keyFile)])
    return createHttpsServer({ cert, key }, listener) as unknown as Server
  } catch (error) {
    throw serveErrors.error('bad-certificate', {}, error)
  }
}

function listen(server: Server, { port, host }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') return reject(serveErrors.error('port-in-use', { port }, error))
      reject(serveErrors.error('cannot-listen', { host, port, reason: error.code ?? 'unknown' }, error))
    }
    server.once('error', refuse)
    server.listen(port, host, () => {
      server.off('error', refuse)
      // A connection that cannot be taken (too many open files) is lost; it must not end the process.
      server.on('error', () => {})
      resolve()
    })
  })
}

/** Listens and answers. @throws serve.port-in-use, serve.cannot-listen, serve.bad-certificate */
export async function serve(options: ServeOptions): Promise<Served> {
  const server = await createServer(options.tls, getRequestListener(options.fetch))
  // A client that sends its headers or body a byte a minute would hold a connection for ever.
  server.headersTimeout = 20_000
  server.requestTimeout = 300_000
  server.maxHeadersCount = 100
  // Connections that became WebSockets are no longer the server's: without this list, stopping would wait for them.
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    server,
    port,
    url: `${options.tls ? 'https' : 'http'}://${host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
