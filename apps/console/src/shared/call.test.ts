import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { ApiProblem, actFor, askToSignIn, call, Nothing } from './call.ts'

type Sent = { readonly path: string; readonly init: RequestInit & { headers: Record<string, string> } }

const problem = (status: number, code: string) =>
  new Response(
    JSON.stringify({
      ...{ code, status, facts: {}, requestId: 'req_1' },
      text: {
        zh: { title: '错', notDone: '没做', todo: '再试' },
        en: { title: 'No', notDone: 'Nothing', todo: 'Again' },
      },
    }),
    { status, headers: { 'content-type': 'application/problem+json' } },
  )

/** A server that gives these answers in turn and keeps what it was asked. */
function serverOf(...answers: (Response | Error)[]): Sent[] {
  const sent: Sent[] = []
  vi.stubGlobal('fetch', async (path: string, init: Sent['init']) => {
    sent.push({ path, init })
    const answer = answers.shift()
    if (!answer || answer instanceof Error) throw answer ?? new Error('nobody was expected to ask again')
    return answer
  })
  return sent
}

const codeOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'no failure',
    (error) => (error instanceof ApiProblem ? `${error.problem.code} ${error.problem.requestId ?? ''}` : String(error)),
  )

afterEach(() => {
  vi.unstubAllGlobals()
  askToSignIn(undefined)
  actFor('hub', undefined)
  actFor('site', undefined)
})

const Count = z.object({ count: z.number() })

describe('a call', () => {
  test('acts for the organisation chosen at the service it goes to, and for no other', async () => {
    actFor('hub', 'org_a')
    const sent = serverOf(Response.json({ count: 1 }), Response.json({ count: 2 }))
    expect(await call(Count, '/hub/v1/x', { method: 'POST', body: { a: 1 } })).toEqual({ count: 1 })
    await call(Count, '/site/v1/x')
    expect(sent.map(({ init }) => [init.method, init.headers['x-bithive-org'], init.body])).toEqual([
      ['POST', 'org_a', '{"a":1}'],
      ['GET', undefined, undefined],
    ])
  })

  test('that finds the session ended asks once, and is repeated once with the same body', async () => {
    const sent = serverOf(problem(401, 'http.not-signed-in'), Response.json({ count: 3 }))
    const asked: string[] = []
    askToSignIn(async (service) => asked.push(service) === 1)
    expect(await call(Count, '/site/v1/x', { method: 'POST', body: { a: 1 } })).toEqual({ count: 3 })
    expect([asked, sent.map(({ init }) => init.body)]).toEqual([['site'], ['{"a":1}', '{"a":1}']])
  })

  test('is not repeated when the person does not sign in, nor a third time', async () => {
    askToSignIn(async () => false)
    const once = serverOf(problem(401, 'http.not-signed-in'))
    expect(await codeOf(call(Count, '/hub/v1/x'))).toBe('http.not-signed-in req_1')
    askToSignIn(async () => true)
    const twice = serverOf(problem(401, 'http.not-signed-in'), problem(401, 'http.not-signed-in'))
    expect(await codeOf(call(Count, '/hub/v1/x'))).toBe('http.not-signed-in req_1')
    expect([once.length, twice.length]).toEqual([1, 2])
  })

  test('a wrong password is an answer, not an ended session', async () => {
    askToSignIn(() => Promise.reject(new Error('nobody is asked')))
    serverOf(problem(401, 'sign-in.wrong-credentials'))
    expect(await codeOf(call(Count, '/hub/auth/sign-in', { method: 'POST' }))).toBe('sign-in.wrong-credentials req_1')
  })

  test.each([
    ['no network', new TypeError('fetch failed'), 'console.unreachable '],
    ['no problem inside', new Response('<html>', { status: 502 }), 'console.unreadable '],
    ['no JSON', new Response('<html>'), 'console.unreadable '],
    [
      'another shape',
      Response.json({ count: 'many' }, { headers: { 'x-request-id': 'req_2' } }),
      'console.not-understood req_2',
    ],
  ])('with %s fails with a problem of its own', async (_, answer, code) => {
    serverOf(answer)
    expect(await codeOf(call(Count, '/hub/v1/x'))).toBe(code)
  })

  test('never repeats what an answer of another shape held', async () => {
    serverOf(Response.json({ count: '王素珍' }))
    const error = await call(Count, '/hub/v1/x').catch((failure: ApiProblem) => failure)
    expect(JSON.stringify((error as ApiProblem).problem)).not.toContain('王素珍')
  })

  test('that is answered by nothing gives nothing', async () => {
    serverOf(new Response(null, { status: 204 }))
    expect(await call(Nothing, '/hub/v1/x', { method: 'DELETE' })).toBeUndefined()
  })
})
