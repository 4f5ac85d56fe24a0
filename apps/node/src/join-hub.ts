import { NodeJoin, NodeJoined } from '@bithive/api/compute'
import type { Clock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import type { Randomness } from '@bithive/kernel/randomness'
import { signText } from '@bithive/kernel/sealed-box'
import { z } from 'zod'
import { backoffMs } from './backoff.ts'
import { nodeErrors } from './errors.ts'
import type { HubAddress } from './hub-address.ts'
import type { NodeKeys } from './keys.ts'

const ATTEMPTS = 6
const ANSWER_MS = 20_000
const Problem = z.looseObject({ code: z.string().regex(/^[a-z0-9.-]{1,64}$/) })

type JoinDeps = { hub: HubAddress; keys: NodeKeys; clock: Clock; randomness: Randomness; signal: AbortSignal }
export type JoinOrder = Omit<NodeJoin, 'signKey' | 'encryptKey' | 'proof'>

async function ask(deps: JoinDeps, body: NodeJoin): Promise<NodeJoined> {
  const timer = new AbortController()
  const ended = new AbortController()
  deps.clock.sleep(ANSWER_MS, ended.signal).then(
    () => timer.abort(),
    () => {},
  )
  try {
    const response = await fetch(deps.hub.http('/nodes/join'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([deps.signal, timer.signal]),
    })
    const answer: unknown = await response.json()
    if (response.ok) return NodeJoined.parse(answer)
    if (response.status === 429 || response.status >= 500) throw nodeErrors.error('hub-unreachable')
    const code = Problem.safeParse(answer).data?.code ?? 'unknown'
    throw nodeErrors.error('join-refused', { code, status: response.status })
  } catch (error) {
    if (isDomainError(error)) throw error
    throw nodeErrors.error('hub-unreachable', {}, error)
  } finally {
    ended.abort()
  }
}

/**
 * Joins with a one-time token. The keys are on disk before the token is spent, and the same keys ask again when an
 * answer is lost. @throws node.join-refused with the hub's code, node.hub-unreachable, node.stopped.
 */
export async function joinHub(deps: JoinDeps, order: JoinOrder): Promise<NodeJoined> {
  const { sign, seal } = deps.keys
  const proof = signText(sign, `join:${order.token}:${seal.publicKey}`)
  const body = NodeJoin.safeParse({ ...order, signKey: sign.publicKey, encryptKey: seal.publicKey, proof })
  if (!body.success) throw nodeErrors.error('bad-options', { path: body.error.issues[0]?.path.join('.') ?? '' })
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(deps, body.data)
    } catch (error) {
      if (deps.signal.aborted) throw nodeErrors.error('stopped')
      if (!isDomainError(error, 'node.hub-unreachable') || attempt >= ATTEMPTS) throw error
    }
    await deps.clock.sleep(backoffMs(attempt, deps.randomness), deps.signal).catch(() => {
      throw nodeErrors.error('stopped')
    })
  }
}
