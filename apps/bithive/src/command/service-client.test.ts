import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort, type Reply, startService, temporaryHouse } from '../testing/try-command.ts'
import { callService, checkAddress, ServiceProblem } from './call-service.ts'
import { connectTo, createServiceClient, readConnections, writeConnections } from './service-client.ts'
import { signInTo } from './sign-in.ts'

const TOKEN = 'svc_0123456789abcdef0123456789'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const act of undo.splice(0)) await act()
})
async function service(replies: Readonly<Record<string, Reply>>) {
  const started = await startService(replies)
  undo.push(started.stop)
  return started
}
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )
const problem = {
  type: '/problems/http.forbidden',
  ...{ title: 'Not allowed', status: 403, detail: 'No.', code: 'http.forbidden', retryable: false },
  ...{ facts: { reason: 'not-yours' }, requestId: 'req_1' },
  text: {
    zh: { title: '没有权限', notDone: '无。', todo: '请问。' },
    en: { title: 'Not allowed', notDone: 'No.', todo: 'Ask.' },
  },
}

describe('asking a service', () => {
  test('carries the token, sends and reads JSON', async () => {
    const { url, asked } = await service({
      'GET /a': { body: { n: 1 } },
      'POST /b': { status: 201, body: [2] },
      'DELETE /c': {},
    })
    const client = createServiceClient({ url, token: TOKEN })
    expect(await client.get('/a')).toEqual({ n: 1 })
    expect(await client.post('/b', { x: '医' })).toEqual([2])
    await client.remove('/c', { reason: 'r' })
    expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/a', undefined],
      ['POST', '/b', { x: '医' }],
      ['DELETE', '/c', { reason: 'r' }],
    ])
    for (const { headers } of asked) expect(headers).toMatchObject({ authorization: `Bearer ${TOKEN}` })
  })

  test('carries a session’s cookie when there is no token', async () => {
    const { url, asked } = await service({ 'GET /a': {} })
    await createServiceClient({ url, cookie: 'session=0123456789abcdef' }).get('/a')
    expect(asked[0]?.headers).toMatchObject({ cookie: 'session=0123456789abcdef' })
    expect(asked[0]?.headers).not.toHaveProperty('authorization')
  })

  test.each([301, 302, 303, 307, 308])(
    'never follows a redirect (%i): the token stays where it belongs',
    async (status) => {
      const thief = await service({ 'GET /a': {}, 'POST /a': {} })
      const headers = { location: `${thief.url}/a` }
      const { url } = await service({ 'GET /a': { status, headers }, 'POST /a': { status, headers } })
      const client = createServiceClient({ url, token: TOKEN })
      for (const call of [client.get('/a'), client.post('/a', {})]) {
        const error = await failureOf(call)
        expect(error).toBeInstanceOf(ServiceProblem)
        expect(error.problem).toMatchObject({ code: 'command.bad-answer', facts: { status, url } })
      }
      expect(thief.asked).toEqual([])
    },
  )

  test('gives a service’s problem as it is', async () => {
    const { url } = await service({ 'GET /a': { status: 403, body: problem } })
    const error = await failureOf(createServiceClient({ url, token: TOKEN }).get('/a'))
    expect(error.problem).toEqual(problem)
  })

  test.each([
    ['a page', 500, '<html>Zhang</html>'],
    ['JSON of another shape', 404, { code: 'gone', message: 'Zhang' }],
    ['a problem with other facts', 403, { ...problem, facts: { deep: { name: 'Zhang' } } }],
    ['nothing', 502, ''],
  ])('says of %s that it was not understood, and does not pass it on', async (_name, status, body) => {
    const { url } = await service({ 'GET /a': { status, body } })
    const error = await failureOf(createServiceClient({ url }).get('/a'))
    expect(error.problem).toMatchObject({ code: 'command.bad-answer', facts: { url, status } })
    expect(JSON.stringify(error.problem)).not.toContain('Zhang')
  })

  test('knows a house that is starting', async () => {
    const { url } = await service({ 'GET /a': { status: 503, body: { state: 'starting' } } })
    const error = await failureOf(createServiceClient({ url }).get('/a'))
    expect(error.problem).toMatchObject({ code: 'command.starting', retryable: true })
  })

  test('tells an answer that is no JSON', async () => {
    const { url } = await service({ 'GET /a': { body: 'soon' } })
    expect(await failureOf(createServiceClient({ url }).get('/a'))).toMatchObject({ code: 'command.bad-answer' })
  })

  test('tells that nobody is there: nothing was sent', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const error = await failureOf(createServiceClient({ url, token: TOKEN }).post('/a', {}))
    expect(error).toMatchObject({ code: 'command.unreachable', facts: { url } })
  })

  test('tells a time-out, before and in the middle of the answer', async () => {
    const { url } = await service({
      'POST /never': () => {},
      'POST /half': (_request, response) => void response.writeHead(200).write('{"half":'),
    })
    for (const path of ['/never', '/half']) {
      const error = await failureOf(createServiceClient({ url }, 200).post(path, {}))
      expect(error).toMatchObject({ code: 'command.timeout', facts: { url } })
    }
  })

  test('tells an answer that was lost: the request may have been processed', async () => {
    const { url, asked } = await service({
      'POST /cut': (request) => request.socket.destroy(),
      'POST /half': (_request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"half":')
        setImmediate(() => response.socket?.destroy())
      },
    })
    for (const path of ['/cut', '/half']) {
      const error = await failureOf(createServiceClient({ url }).post(path, {}))
      expect(error).toMatchObject({ code: 'command.answer-lost', facts: { url } })
    }
    expect(asked).toHaveLength(2)
  })

  test('stops reading an answer without end', async () => {
    const { url } = await service({
      'GET /endless': (_request, response) => {
        const piece = Buffer.alloc(1024 * 1024, 0x20)
        const more = () => {
          while (!response.destroyed && response.write(piece));
        }
        response.writeHead(200).on('drain', more)
        more()
      },
    })
    expect(await failureOf(callService(url, '/endless', {}))).toMatchObject({ code: 'command.bad-answer' })
  })
})

describe('an address', () => {
  test.each(['https://hub.example', 'http://127.0.0.1:8080', 'http://localhost:8080', 'http://[::1]:8080'])(
    '%s may be given a token',
    (address) => {
      expect(checkAddress(address).href).toContain(address)
    },
  )

  test.each([
    'http://hub.example',
    'http://192.168.1.5:8080',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil',
  ])('%s may not: it is not encrypted', (address) => {
    expect(() => checkAddress(address)).toThrow(expect.objectContaining({ code: 'command.insecure-address' }))
  })

  test.each(['', 'hub', 'ftp://hub.example', 'file:///etc/passwd', 'https://user:geheim@hub.example'])(
    '%j is none',
    (address) => {
      try {
        checkAddress(address)
        expect.unreachable()
      } catch (error) {
        expect(error).toMatchObject({ code: 'command.usage' })
        expect(JSON.stringify(error)).not.toContain('geheim')
      }
    },
  )
})

describe('signing in', () => {
  const who = { login: 'clerk@example.invalid', password: 'correct horse battery staple' }

  test('sends the password once, with the origin, and keeps the session alone', async () => {
    const headers = { 'set-cookie': 'session=0123456789abcdef; HttpOnly; Path=/' }
    const { url, asked } = await service({ 'POST /site/auth/sign-in': { headers } })
    expect(await signInTo('site', url, who)).toEqual({ url, cookie: 'session=0123456789abcdef' })
    expect(asked).toMatchObject([{ body: who, headers: { origin: url } }])
  })

  test('does not follow a redirect with the password, and says so', async () => {
    const thief = await service({ 'POST /site/auth/sign-in': {} })
    const headers = { location: `${thief.url}/site/auth/sign-in` }
    const { url } = await service({ 'POST /site/auth/sign-in': { status: 307, headers } })
    expect(await failureOf(signInTo('site', url, who))).toMatchObject({ problem: { code: 'command.bad-answer' } })
    expect(thief.asked).toEqual([])
  })

  test('to an unencrypted address does not happen', async () => {
    const error = await failureOf(signInTo('hub', 'http://hub.example', who))
    expect(error).toMatchObject({ code: 'command.insecure-address' })
  })

  test('without a session in the answer fails', async () => {
    const { url } = await service({ 'POST /hub/auth/sign-in': { body: {} } })
    expect(await failureOf(signInTo('hub', url, who))).toMatchObject({ code: 'command.bad-answer' })
  })
})

describe('connections', () => {
  function house() {
    const { directory, remove } = temporaryHouse()
    undo.push(remove)
    return directory
  }

  test('are kept and read again', async () => {
    const directory = house()
    const connections = { hub: { url: 'https://hub.example', token: TOKEN } }
    await writeConnections(directory, connections)
    expect(await readConnections(directory)).toEqual(connections)
    expect((await connectTo('hub', directory)).url).toBe('https://hub.example')
    expect(await failureOf(connectTo('site', directory))).toMatchObject({ code: 'command.not-signed-in' })
  })

  test.skipIf(process.platform === 'win32')(
    'lie in a file of mode 0600, also where an open one lay before',
    async () => {
      const directory = house()
      const [folder, file] = [join(directory, 'command'), join(directory, 'command', 'connections.json')]
      mkdirSync(folder, { mode: 0o700 })
      writeFileSync(file, '{}')
      chmodSync(file, 0o644)
      await writeConnections(directory, { hub: { url: 'https://hub.example', token: TOKEN } })
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readdirSync(folder)).toEqual(['connections.json'])
    },
  )

  test.each(['', '{', '[]', '{"hub":{"url":"x"}}', '{"hub":{"url":"https://h","token":"short"}}'])(
    'that cannot be understood (%s) are none',
    async (text) => {
      const directory = house()
      mkdirSync(join(directory, 'command'))
      writeFileSync(join(directory, 'command', 'connections.json'), text)
      expect(await readConnections(directory)).toEqual({})
    },
  )

  test('that could not be read again are refused, and the old ones stay', async () => {
    const directory = house()
    await writeConnections(directory, { site: { url: 'https://site.example', token: TOKEN } })
    const before = readFileSync(join(directory, 'command', 'connections.json'), 'utf8')
    for (const token of ['short', `${TOKEN}\nx-evil: 1`, `${TOKEN} `]) {
      const error = await failureOf(writeConnections(directory, { hub: { url: 'https://hub.example', token } }))
      expect(error).toMatchObject({ code: 'command.usage' })
      expect(JSON.stringify(error)).not.toContain(TOKEN)
    }
    expect(readFileSync(join(directory, 'command', 'connections.json'), 'utf8')).toBe(before)
  })
})
