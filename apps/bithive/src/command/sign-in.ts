import { callService, checkAddress } from './call-service.ts'
import { commandErrors } from './errors.ts'
import { type Connection, createServiceClient } from './service-client.ts'

/**
 * Signs a person in by password and gives the connection that carries the session.
 * @throws the service's own problem (wrong password, too many tries), and the errors of `callService`
 */
export async function signInTo(
  service: 'hub' | 'site',
  url: string,
  who: { readonly login: string; readonly password: string },
): Promise<Connection> {
  const { status, headers } = await callService(url, `/${service}/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: checkAddress(url).origin },
    body: JSON.stringify(who),
  })
  const cookie = headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => pair.includes('='))
    .join('; ')
  if (cookie === '') throw commandErrors.error('bad-answer', { status })
  return { url, cookie }
}

/** Asks the service who the connection speaks for. */
export async function whoAmI(service: 'hub' | 'site', connection: Connection): Promise<unknown> {
  return createServiceClient(connection).get(`/${service}/v1/me`)
}
