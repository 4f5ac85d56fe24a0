import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type Served, type ServeOptions, serve } from './serve.ts'
import { wide } from './testing/wide.ts'

const root = mkdtempSync(join(tmpdir(), 'bithive-serve-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const open: Served[] = []
afterEach(() => Promise.all(open.splice(0).map(({ stop }) => stop())))
async function start(options: Partial<ServeOptions> = {}) {
  const served = await serve({ host: '127.0.0.1', port: 0, fetch: () => new Response('here'), ...options })
  open.push(served)
  return served
}
const failure = (options: Partial<ServeOptions>) =>
  start(options).then(
    () => undefined,
    (error) => error,
  )

describe('serving', () => {
  test('takes a free port and says where it is', async () => {
    const served = await start()
    expect(served.port).toBeGreaterThan(0)
    expect(served.url).toBe(`http://127.0.0.1:${served.port}`)
    expect(await (await fetch(served.url)).text()).toBe('here')
  })

  test('writes an IPv6 address in brackets', async () => {
    const served = await start({ host: '::1' })
    expect(served.url).toBe(`http://[::1]:${served.port}`)
    expect((await fetch(served.url)).status).toBe(200)
  })

  test('on a port in use fails typed, naming the port, and the first goes on', async () => {
    const first = await start()
    const error = await failure({ port: first.port })
    expect(error).toMatchObject({ code: 'serve.port-in-use', facts: { port: first.port } })
    expect((await fetch(first.url)).status).toBe(200)
  })

  test('on an address of another machine fails typed', async () => {
    const error = await failure({ host: '192.0.2.1' })
    expect(error).toMatchObject({ code: 'serve.cannot-listen', facts: { host: '192.0.2.1', reason: 'EADDRNOTAVAIL' } })
  })

  test('with certificate files that are absent or no certificate fails typed', async () => {
    const [certFile, keyFile] = [join(root, 'cert.pem'), join(root, 'key.pem')]
    expect(await failure({ tls: { certFile, keyFile } })).toMatchObject({ code: 'serve.bad-certificate' })
    writeFileSync(certFile, 'not a certificate')
    writeFileSync(keyFile, 'not a key')
    expect(await failure({ tls: { certFile, keyFile } })).toMatchObject({ code: 'serve.bad-certificate' })
  })

  wide('a certificate', ['openssl'])('with a certificate speaks TLS', async () => {
    const [certFile, keyFile] = [join(root, 'own-cert.pem'), join(root, 'own-key.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    execFileSync('openssl', [...kind, ...subject, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
    const served = await start({ tls: { certFile, keyFile } })
    expect(served.url).toBe(`https://127.0.0.1:${served.port}`)
    const call = request(served.url, { rejectUnauthorized: false }).end()
    const [response] = await once(call, 'response')
    expect(await text(response)).toBe('here')
  })
})

describe('stopping', () => {
  test('ends though a client keeps its connection, and the port is free again', async () => {
    const served = await start()
    const socket = connect(served.port, '127.0.0.1')
    await once(socket, 'connect')
    const closed = once(socket, 'close')
    await served.stop()
    await closed
    await start({ port: served.port })
  })

  test('ends though a connection became a WebSocket', async () => {
    const served = await start()
    served.server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    })
    const socket = connect(served.port, '127.0.0.1')
    const handshake = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13'
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${handshake}\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toContain('101')
    const closed = once(socket, 'close')
    await served.stop()
    await closed
  })

  test('ends though an answer is still being thought about', async () => {
    const asked = Promise.withResolvers<void>()
    const served = await start({
      fetch: () => {
        asked.resolve()
        return new Promise<Response>(() => {})
      },
    })
    const call = fetch(served.url).then(
      () => 'answered',
      () => 'cut',
    )
    await asked.promise
    await served.stop()
    expect(await call).toBe('cut')
  })
})

test('a client that takes for ever to speak is cut off', async () => {
  const { server } = await start()
  expect([server.headersTimeout, server.requestTimeout, server.maxHeadersCount]).toEqual([20_000, 300_000, 100])
})
