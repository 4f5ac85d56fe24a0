import { createHash, generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto'
import { createManualClock } from '@bithive/kernel/clock'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSignIn, identityMigrations, type SignInEvent } from './index.ts'

const ORIGIN = 'http://localhost:8080'
const PASSWORD = 'correct horse battery'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: [identityMigrations] })
})
afterAll(() => db.drop())

type Cbor = number | string | Uint8Array | Map<Cbor, Cbor>

/** CBOR (RFC 8949) of what an authenticator sends: integers, byte and text strings, maps. */
function cbor(value: Cbor): Buffer {
  const head = (major: number, n: number) => {
    if (n < 24) return Buffer.from([(major << 5) | n])
    if (n < 256) return Buffer.from([(major << 5) | 24, n])
    return Buffer.from([(major << 5) | 25, n >> 8, n & 0xff])
  }
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Map) {
    return Buffer.concat([head(5, value.size), ...[...value].flatMap(([k, v]) => [cbor(k), cbor(v)])])
  }
  return Buffer.concat([head(2, value.length), value])
}

const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest()
const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

type Options = { challenge: string; rpId?: string; rp?: { id: string; name: string } }
type Lie = { origin?: string; rpId?: string; userVerified?: boolean; challenge?: string; counter?: number }

/** An authenticator in software: ES256, one credential, what WebAuthn level 3 sections 6.1 and 6.5 ask. */
function authenticator() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const id = randomBytes(32)
  let counter = 0
  const clientData = (type: string, options: Options, lie: Lie) =>
    Buffer.from(
      JSON.stringify({
        type,
        challenge: lie.challenge ?? options.challenge,
        origin: lie.origin ?? ORIGIN,
        crossOrigin: false,
      }),
    )
  const authData = (options: Options, lie: Lie, attested?: Buffer) => {
    const flags = 0x01 | (lie.userVerified === false ? 0 : 0x04) | (attested ? 0x40 : 0)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(lie.counter ?? ++counter)
    const party = sha256(lie.rpId ?? options.rpId ?? options.rp?.id ?? 'localhost')
    return Buffer.concat([party, Buffer.from([flags]), count, attested ?? Buffer.alloc(0)])
  }
  const credential = (response: object) => ({
    id: b64(id),
    rawId: b64(id),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  })
  return {
    create: (options: Options, lie: Lie = {}) => {
      const key = new Map<Cbor, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(jwk.x ?? '', 'base64url')],
        [-3, Buffer.from(jwk.y ?? '', 'base64url')],
      ])
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cbor(key)])
      const attestationObject = cbor(
        new Map<Cbor, Cbor>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', authData(options, lie, attested)],
        ]),
      )
      const clientDataJSON = b64(clientData('webauthn.create', options, lie))
      return credential({ clientDataJSON, attestationObject: b64(attestationObject), transports: ['internal'] })
    },
    get: (options: Options, lie: Lie = {}) => {
      const client = clientData('webauthn.get', options, lie)
      const data = authData(options, lie)
      const signature = signBytes('sha256', Buffer.concat([data, sha256(client)]), privateKey)
      return credential({ clientDataJSON: b64(client), authenticatorData: b64(data), signature: b64(signature) })
    },
  }
}

async function setup() {
  const clock = createManualClock(Date.now())
  const ids = createIds({ clock, randomness: systemRandomness })
  const events: SignInEvent[] = []
  const signIn = createSignIn({
    db,
    baseUrl: ORIGIN,
    secret: 'a secret of a test, long enough 0123456789abcdef',
    cookiePrefix: 'bithive-hub',
    record: async (event) => void events.push(event),
    clock,
    ids,
    log: silentLog,
  })
  const app = createHttp({ log: silentLog, ids, clock, authenticate: async () => undefined })
  app.route('/', signIn.routes)
  const window = () => {
    const jar = new Map<string, string>()
    return async (method: string, path: string, body?: unknown) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await app.request(path, {
        method,
        headers: { origin: ORIGIN, ...(cookie ? { cookie } : {}) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      for (const line of response.headers.getSetCookie()) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
        jar.set(name, value)
      }
      const text = await response.text()
      return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
    }
  }
  const login = `${ids.next('login')}@example.org`
  const { userId } = await signIn.createUser({ login, password: PASSWORD })
  const page = window()
  await page('POST', '/sign-in', { login, password: PASSWORD })
  const add = async (device: ReturnType<typeof authenticator>, lie: Lie = {}) => {
    const options = (await page('POST', '/passkeys/options', { label: 'Dr Chen' })).json
    return {
      options,
      answer: await page('POST', '/passkeys', { name: 'my key', credential: device.create(options, lie) }),
    }
  }
  const enter = async (device: ReturnType<typeof authenticator>, lie: Lie = {}) => {
    const fresh = window()
    const options = (await fresh('POST', '/sign-in/passkey/options')).json
    const answer = await fresh('POST', '/sign-in/passkey', { credential: device.get(options, lie) })
    return { fresh, options, answer }
  }
  return { clock, events, userId, page, add, enter, window }
}

describe('a passkey', () => {
  test('is added by a person who is signed in, and opens a session without any password', async () => {
    const { add, enter, userId, page, events } = await setup()
    const device = authenticator()
    const { options, answer } = await add(device)
    expect(options).toMatchObject({
      rp: { id: 'localhost', name: 'BitHive' },
      user: { name: 'Dr Chen', displayName: 'Dr Chen' },
      authenticatorSelection: { userVerification: 'required', residentKey: 'required' },
    })
    expect(answer.status).toBe(201)
    expect((await page('GET', '/passkeys')).json.passkeys).toMatchObject([
      { passkeyId: answer.json.passkeyId, name: 'my key' },
    ])
    const { fresh, options: asked, answer: entered } = await enter(device)
    expect(asked).toMatchObject({ rpId: 'localhost', userVerification: 'required' })
    expect(entered.status).toBe(200)
    expect((await fresh('GET', '/session')).json).toEqual(entered.json)
    expect(entered.json.userId).toBe(userId)
    expect(events.map(({ action, facts }) => [action, facts.method])).toEqual([
      ['sign-in', 'password'],
      ['passkey-added', undefined],
      ['sign-in', 'passkey'],
    ])
  })

  test.each<[string, Lie]>([
    ['made for another origin', { origin: 'https://evil.example' }],
    ['made for another party', { rpId: 'evil.example' }],
    ['that did not check the person', { userVerified: false }],
    ['that answers another challenge', { challenge: b64(randomBytes(32)) }],
  ])('%s is refused, when it is added and when it is used', async (_, lie) => {
    const { add, enter } = await setup()
    const refused = (await add(authenticator(), lie)).answer
    expect([refused.status, refused.json.code]).toEqual([401, 'sign-in.passkey-refused'])
    const device = authenticator()
    expect((await add(device)).answer.status).toBe(201)
    const { answer, fresh } = await enter(device, lie)
    expect([answer.status, answer.json.code]).toEqual([401, 'sign-in.passkey-refused'])
    expect((await fresh('GET', '/session')).status).toBe(401)
    expect((await enter(device)).answer.status).toBe(200)
  })

  test('that counts backwards is a copy, and is refused', async () => {
    const { add, enter } = await setup()
    const device = authenticator()
    await add(device, { counter: 7 })
    expect((await enter(device, { counter: 9 })).answer.status).toBe(200)
    expect((await enter(device, { counter: 8 })).answer.status).toBe(401)
  })

  test('answers a challenge once', async () => {
    const { add, enter } = await setup()
    const device = authenticator()
    await add(device)
    const { fresh, options } = await enter(device)
    const again = await fresh('POST', '/sign-in/passkey', { credential: device.get(options) })
    expect(again.status).toBe(401)
  })

  test('that nobody added opens nothing, and one account’s passkey cannot be added to another', async () => {
    const { enter, add } = await setup()
    const device = authenticator()
    expect((await enter(device)).answer.status).toBe(401)
    await add(device)
    const other = await setup()
    const taken = (await other.add(device)).answer
    expect([taken.status, taken.json.code]).toEqual([401, 'sign-in.passkey-refused'])
  })

  test('is added and removed only soon after signing in, and only by its person', async () => {
    const { add, enter, page, clock } = await setup()
    const device = authenticator()
    const { passkeyId } = (await add(device)).answer.json
    const other = await setup()
    expect((await other.page('DELETE', `/passkeys/${passkeyId}`)).status).toBe(404)
    await clock.advance(15 * 60_000 + 1)
    const late = await page('DELETE', `/passkeys/${passkeyId}`)
    expect([late.status, late.json.code]).toEqual([403, 'sign-in.sign-in-again'])
    expect((await page('POST', '/passkeys/options', {})).status).toBe(403)
    const { fresh } = await enter(device)
    expect((await fresh('DELETE', `/passkeys/${passkeyId}`)).status).toBe(204)
    expect((await enter(device)).answer.status).toBe(401)
  })
})
