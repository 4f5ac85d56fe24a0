import type { NodeJoin, NodeJoined, NodeTokenCreated, NodeTokenOrder } from '@bithive/api/compute'
import type { Actor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { httpErrors, mustAllow } from '@bithive/kernel/http'
import { sha256Hex } from '@bithive/kernel/ids'
import { parseAmount } from '@bithive/kernel/money'
import { verifyText } from '@bithive/kernel/sealed-box'
import { computeErrors } from './errors.ts'
import {
  insertNode,
  insertToken,
  lockToken,
  nodeById,
  noteNodeEvent,
  noteTokenProblem,
  type TokenRow,
  useToken,
} from './node-store.ts'
import { mayIssueToken, mayRunNodes } from './policy.ts'
import type { Room } from './ports.ts'
import { tellOwner } from './tell-owner.ts'

/** Decimals of a floor price: millionths of the accounting currency. */
const MICRO = 6

/**
 * Issues a token with which one node may join. What the node will be is fixed here, by its owner's organisation and
 * by what the network holds of it; the node itself cannot choose.
 */
export async function issueJoinToken(room: Room, actor: Actor, order: NodeTokenOrder): Promise<NodeTokenCreated> {
  mustAllow(mayRunNodes(actor))
  mustAllow(mayIssueToken(order, await room.organisationOf(actor.orgId)))
  const token = `join_${Buffer.from(room.randomness.bytes(32)).toString('base64url')}`
  const now = room.clock.now()
  const expiresAt = now + order.ttlMs
  const { orgId } = actor
  await room.audit.record({
    orgId,
    actorId: actor.id,
    action: 'compute.issue-join-token',
    resource: orgId,
    facts: { ownerKind: order.ownerKind, region: order.region, trusted: order.trusted, expiresAt },
  })
  const tokenId = await room.db.asOrg(orgId, (tx) =>
    insertToken(tx, { ...order, sha256: sha256Hex(token), orgId, createdBy: actor.id, expiresAt }, now),
  )
  tellOwner(room, { orgId })
  return { tokenId, token, expiresAt }
}

function checkToken(token: TokenRow | undefined, now: number): asserts token is TokenRow {
  if (!token) throw computeErrors.error('unknown-token')
  if (token.revokedAt !== null) throw computeErrors.error('token-revoked')
  if (token.usedAt === null && Number(token.expiresAt) <= now) throw computeErrors.error('token-expired')
}

/** Control characters in what a node says of itself would act on the terminal of whoever lists it. */
function mustBePlain({ name, facts }: Pick<NodeJoin, 'name' | 'facts'>): void {
  const { agentVersion, platform } = facts
  for (const [key, said] of Object.entries({ name, agentVersion, platform }))
    if (/\p{C}/u.test(said)) throw httpErrors.error('bad-request', { path: `/${key}` })
}

/**
 * Takes a node in, or keeps the reason why not beside its token, for the page on which its owner waits.
 * @throws compute.unknown-token, token-revoked, token-expired, token-used, bad-proof, key-in-use, money.bad-amount,
 * http.bad-request
 */
export async function joinNode(room: Room, join: NodeJoin): Promise<NodeJoined> {
  try {
    const joined = await takeIn(room, join)
    tellOwner(room, joined)
    return joined
  } catch (error) {
    if (isDomainError(error)) {
      await noteTokenProblem(room.db.worker, sha256Hex(join.token), error.code, room.clock.now())
    }
    throw error
  }
}

/**
 * Takes a node in. The proof shows that it holds the signing key, and binds the sealing key to it. The same node
 * asking again with the same token gets the same answer, for it may never have heard the first one.
 */
async function takeIn(room: Room, join: NodeJoin): Promise<NodeJoined> {
  if (!verifyText(join.signKey, `join:${join.token}:${join.encryptKey}`, join.proof))
    throw computeErrors.error('bad-proof')
  mustBePlain(join)
  const floorMicro = parseAmount(join.floorPrice, MICRO)
  const sha256 = sha256Hex(join.token)
  const now = room.clock.now()
  return room.db.worker.begin(async (tx) => {
    const token = await lockToken(tx, sha256)
    checkToken(token, now)
    const { orgId, ownerKind, region, jurisdiction, trusted } = token
    const answer = (nodeId: string): NodeJoined => ({ nodeId, orgId, ownerKind, region, jurisdiction })
    if (token.nodeId !== null) {
      const known = await nodeById(tx, token.nodeId)
      if (known?.signKey !== join.signKey) throw computeErrors.error('token-used')
      return answer(token.nodeId)
    }
    const nodeId = room.ids.next('node')
    const { name, signKey, encryptKey, slots, facts } = join
    const node = { id: nodeId, orgId, name, ownerKind, region, jurisdiction, trusted, signKey, encryptKey, slots }
    if (!(await insertNode(tx, { ...node, floorMicro, facts }, now))) throw computeErrors.error('key-in-use')
    await useToken(tx, sha256, nodeId, now)
    await noteNodeEvent(tx, { orgId, nodeId, kind: 'joined', facts: { platform: facts.platform } }, now)
    // Inside the transaction, so that a node cannot be in without a record of it.
    await room.audit.record({ orgId, actorId: nodeId, action: 'compute.join-node', resource: nodeId })
    return answer(nodeId)
  })
}
