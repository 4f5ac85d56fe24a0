import { createHmac, hkdfSync } from 'node:crypto'
import { signInErrors } from './errors.ts'

/** An e-mail address, a telephone number or a plain login name, in any script. */
const LOGIN = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{2,253}$/u

/** One spelling for one login: full-width forms, capitals and spaces around it make no difference. */
export function normaliseLogin(login: string): string | undefined {
  const plain = login.normalize('NFKC').trim().toLowerCase()
  return LOGIN.test(plain) ? plain : undefined
}

/**
 * What the sign-in engine knows a login by: a keyed hash in the form of an address below `.invalid` (RFC 2606), so
 * that its tables name nobody and a forgotten person's rows in old backups stay unreadable without the key.
 */
export function createLoginIndex(secret: string): (login: string) => string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'bithive login index', 32))
  return (login) => `${createHmac('sha256', key).update(login).digest('hex')}@login.invalid`
}

/** @throws sign-in.login-not-usable */
export function mustNormaliseLogin(login: string): string {
  const plain = normaliseLogin(login)
  if (plain === undefined) throw signInErrors.error('login-not-usable')
  return plain
}
