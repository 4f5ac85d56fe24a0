const ALPHABET = 'abcdefghjkmnpqrstvwxyz0123456789'

/** 160 random bits for an account that is opened by a passkey: nobody is ever shown them. */
export function randomPassword(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return [...bytes].map((byte) => ALPHABET[byte & 31]).join('')
}
