import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import { z } from 'zod'
import { ApiProblem, call, Nothing, type ProblemText, type Service } from './call.ts'
import { preferences } from './preferences.ts'

const Opened = z.object({ userId: z.string(), sessionId: z.string(), expiresAt: z.number() })
export type Opened = z.infer<typeof Opened>

/** What a browser can answer to a passkey ceremony besides a credential. */
const PASSKEY_TEXTS = {
  'no-webauthn': {
    zh: { title: '这个浏览器不支持通行密钥', notDone: '没有登录。', todo: '请用密码登录，或换一个较新的浏览器。' },
    en: {
      title: 'This browser has no passkeys',
      notDone: 'You are not signed in.',
      todo: 'Use your password, or a newer browser.',
    },
  },
  'no-passkey': {
    zh: {
      title: '没有用通行密钥登录',
      notDone: '您取消了，或这台设备上没有本系统的通行密钥，或等得太久。',
      todo: '请再试一次，或用密码登录。登录后可以在“我的账号”里添加通行密钥。',
    },
    en: {
      title: 'No passkey was used',
      notDone: 'You cancelled, this device holds no passkey for this system, or it took too long.',
      todo: 'Try again or use your password. Once signed in you can add a passkey under “My account”.',
    },
  },
  'wrong-address': {
    zh: {
      title: '通行密钥在这个地址用不了',
      notDone: '没有登录。通行密钥绑定在域名上，不能用于数字地址。',
      todo: '请用 localhost 或管理员给的域名打开本页，或用密码登录。',
    },
    en: {
      title: 'Passkeys do not work under this address',
      notDone: 'You are not signed in. A passkey belongs to a name, never to a number.',
      todo: 'Open this page as localhost or by the name that your administrator gave you, or use your password.',
    },
  },
  'already-there': {
    zh: { title: '这台设备已经有您的通行密钥', notDone: '没有重复添加。', todo: '可以直接用它登录。' },
    en: {
      title: 'This device already has a passkey of yours',
      notDone: 'It was not added twice.',
      todo: 'You can sign in with it.',
    },
  },
  'device-failed': {
    zh: { title: '设备没有完成通行密钥验证', notDone: '没有登录，也没有改动。', todo: '请再试一次，或用密码登录。' },
    en: {
      title: 'The device did not complete the passkey',
      notDone: 'You are not signed in and nothing was changed.',
      todo: 'Try again, or use your password.',
    },
  },
} as const satisfies Record<string, { zh: ProblemText; en: ProblemText }>

/** A failure of the ceremony in the browser, as a problem like any other. */
export function passkeyProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  const name = error instanceof Error ? error.name : ''
  const key =
    name === 'NotAllowedError' || name === 'AbortError'
      ? 'no-passkey'
      : name === 'SecurityError'
        ? 'wrong-address'
        : name === 'InvalidStateError'
          ? 'already-there'
          : name === 'NotSupportedError'
            ? 'no-webauthn'
            : 'device-failed'
  const text = PASSKEY_TEXTS[key]
  return new ApiProblem({ code: `passkey.${key}`, status: 0, facts: {}, text, ...text[preferences().locale] }, error)
}

function mustHaveWebAuthn(): void {
  if (browserSupportsWebAuthn()) return
  throw passkeyProblem(Object.assign(new Error('no WebAuthn'), { name: 'NotSupportedError' }))
}

const plain = { signIn: false } as const

/** @throws ApiProblem sign-in.wrong-credentials, limits.too-many-requests … */
export function signInWithPassword(service: Service, login: string, password: string): Promise<Opened> {
  return call(Opened, `/${service}/auth/sign-in`, { ...plain, method: 'POST', body: { login, password } })
}

/** @throws ApiProblem passkey.… when the browser refuses, sign-in.passkey-refused when the server does */
export async function signInWithPasskey(service: Service): Promise<Opened> {
  mustHaveWebAuthn()
  const base = `/${service}/auth/sign-in/passkey`
  const options = await call(z.looseObject({}), `${base}/options`, { ...plain, method: 'POST', body: {} })
  try {
    const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON
    const credential = await startAuthentication({ optionsJSON })
    return await call(Opened, base, { ...plain, method: 'POST', body: { credential } })
  } catch (error) {
    throw passkeyProblem(error)
  }
}

/** Adds a passkey of this device to the signed-in person. `name` is how the list calls it. */
export async function addPasskey(service: Service, name: string, label: string): Promise<void> {
  mustHaveWebAuthn()
  const base = `/${service}/auth/passkeys`
  const options = await call(z.looseObject({}), `${base}/options`, { method: 'POST', body: { label } })
  try {
    const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON
    const credential = await startRegistration({ optionsJSON })
    await call(z.looseObject({}), base, { method: 'POST', body: { name, credential } })
  } catch (error) {
    throw passkeyProblem(error)
  }
}

export function signOutOf(service: Service): Promise<undefined> {
  return call(Nothing, `/${service}/auth/sign-out`, { ...plain, method: 'POST', body: {} })
}
