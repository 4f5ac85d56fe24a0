import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { defineErrors } from './errors.ts'

/**
 * Bytes that only one holder of an X25519 key can read: HPKE base mode, RFC 9180, with
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. A sealed box is `enc` (32 bytes) and the ciphertext.
 */

export const sealErrors = defineErrors('seal', {
  'bad-key': {
    status: 422,
    retryable: false,
    zh: {
      title: '对方的公钥无效',
      notDone: '内容没有密封，也没有发送。',
      todo: '请让对方重新加入网络，以登记新的密钥。',
    },
    en: {
      title: 'The public key is not valid',
      notDone: 'Nothing was sealed or sent.',
      todo: 'Have its holder join again to register a new key.',
    },
  },
  unreadable: {
    status: 422,
    retryable: false,
    zh: {
      title: '密封内容无法打开',
      notDone: '内容没有采用。',
      todo: '内容可能被改动，或不是发给这个密钥的；请重新获取。',
    },
    en: {
      title: 'The sealed content cannot be opened',
      notDone: 'It was not used.',
      todo: 'It was altered or is meant for another key. Fetch it again.',
    },
  },
})

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
})
const ENC_BYTES = 32

/** A raw 32-byte key pair, base64url without padding. */
export type KeyPair32 = { readonly publicKey: string; readonly privateKey: string }

function rawKeyPair(kind: 'x25519' | 'ed25519'): KeyPair32 {
  const pair = kind === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ed25519')
  const publicJwk = pair.publicKey.export({ format: 'jwk' })
  const privateJwk = pair.privateKey.export({ format: 'jwk' })
  return { publicKey: publicJwk.x as string, privateKey: privateJwk.d as string }
}

/** A fresh X25519 pair: others seal to its public key. */
export const createSealKeys = (): KeyPair32 => rawKeyPair('x25519')
/** A fresh Ed25519 pair: its holder signs. */
export const createSignKeys = (): KeyPair32 => rawKeyPair('ed25519')

const exact = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer
const fromB64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'))

/**
 * Seals `plain` to a public key. `context` is bound to the box and must be given again to open it
 * (for a job: `input:<jobId>:<epoch>`), so that a box cannot be replayed elsewhere.
 * @throws seal.bad-key when the public key is not one (a wrong length, or a point that would give everyone the secret).
 */
export async function seal(publicKey: string, plain: Uint8Array, context: string): Promise<Uint8Array> {
  const sender = await suite.kem
    .deserializePublicKey(exact(fromB64(publicKey)))
    .then((recipientPublicKey) => suite.createSenderContext({ recipientPublicKey, info: exact(Buffer.from(context)) }))
    .catch((error) => {
      throw sealErrors.error('bad-key', {}, error)
    })
  const cipher = await sender.seal(exact(plain))
  return Buffer.concat([new Uint8Array(sender.enc), new Uint8Array(cipher)])
}

/** Opens a sealed box. @throws seal.unreadable when the key, the context or a byte differs. */
export async function openSealed(keys: KeyPair32, box: Uint8Array, context: string): Promise<Uint8Array> {
  try {
    const jwk = { kty: 'OKP', crv: 'X25519', x: keys.publicKey, d: keys.privateKey, key_ops: ['deriveBits'] }
    const recipientKey = await suite.kem.importKey('jwk', jwk, false)
    const enc = exact(box.subarray(0, ENC_BYTES))
    const recipient = await suite.createRecipientContext({ recipientKey, enc, info: exact(Buffer.from(context)) })
    return new Uint8Array(await recipient.open(exact(box.subarray(ENC_BYTES))))
  } catch (error) {
    throw sealErrors.error('unreadable', {}, error)
  }
}

/** Ed25519 signature (RFC 8032) over the text, base64url. */
export function signText(keys: KeyPair32, text: string): string {
  const key = createPrivateKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: keys.publicKey, d: keys.privateKey },
    format: 'jwk',
  })
  return sign(null, Buffer.from(text), key).toString('base64url')
}

/** True when the signature over the text was made with this public key. A malformed key or signature is false. */
export function verifyText(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}
