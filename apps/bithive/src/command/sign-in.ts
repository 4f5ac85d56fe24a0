import { commandErrors } from './errors.ts'
import { type Connection, createServiceClient, ServiceProblem } from './service-client.ts'

/**
 * Signs a person in by password and gives the connection that carries the session.
 * @throws the service's own problem (wrong password, too many tries), command.unreachable
 */
export async function signInTo(
  service: 'hub' | 'site',
  url: string,
  who: { readonly login: string; readonly password: string },
): Promise<Connection> {
  let response: Response
  try {
    response = await fetch(new URL(`/${service}/auth/sign-in`, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: new URL(url).origin },
      body: JSON.stringify(who),
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
    })
  } catch (error) {
    throw commandErrors.error('unreachable', { url }, error)
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => undefined)
    if (problem?.code) throw new ServiceProblem(problem)
    throw commandErrors.error('bad-answer', { status: response.status })
  }
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0] ?? '')
    .filter((pair) => pair.includes('='))
    .join('; ')
  if (cookie === '') throw commandErrors.error('bad-answer', { status: response.status })
  return { url, cookie }
}

/** Asks the service who the connection speaks for. */
export async function whoAmI(service: 'hub' | 'site', connection: Connection): Promise<unknown> {
  return createServiceClient(connection).get(`/${service}/v1/me`)
}
