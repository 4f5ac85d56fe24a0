import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { databaseErrors } from './errors.ts'
import type { RoleSecrets } from './types.ts'

/** A shorter password could be guessed by whoever sees one derived from it. */
const STRONG_LENGTH = 32
const ITERATIONS = 4096

/**
 * The secrets of the roles when the caller keeps none: derived from the owner's password, so that every process
 * with the same URL agrees and nothing more has to be kept.
 * @throws database.role-secret-needed when the URL's password is too short to derive from.
 */
export function derivedSecrets(url: string): RoleSecrets {
  const password = decodeURIComponent(new URL(url).password)
  return {
    get: async (name) => {
      if (password.length < STRONG_LENGTH) throw databaseErrors.error('role-secret-needed', { role: name })
      return createHmac('sha256', password).update(`bithive role ${name}`).digest('base64url')
    },
  }
}

/**
 * The verifier that PostgreSQL stores for SCRAM-SHA-256 (RFC 5802, RFC 7677). Sending this instead of the password
 * keeps the password out of statements, and so out of any server's log.
 */
export function scramVerifier(password: string, salt: Uint8Array): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`
}
