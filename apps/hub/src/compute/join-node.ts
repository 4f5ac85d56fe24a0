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
  // A price that cannot be read is refused before anything is recorded.
  parseAmount(join.floorPrice, MICRO)
  const sha256 = sha256Hex(join.token)
  const now = room.clock.now()
  const nodeId = room.ids.next('node')
  const seen = await lockToken(room.db.worker, sha256)
  checkToken(seen, now)
  // Before the transaction: a node is never in without a record of it, and the record takes a connection of its own.
  // Asked for behind the lock, that would never come once all connections wait for the lock.
  const record = { orgId: seen.orgId, actorId: nodeId, resource: nodeId }
  const isNew = seen.nodeId === null
  if (isNew) await room.audit.record({ ...record, action: 'compute.join-node' })
  let joined: NodeJoined | undefined
  try {
    joined = await takeInOnce(room, join, { sha256, nodeId, now })
    return joined
  } finally {
    if (isNew && joined?.nodeId !== nodeId) await room.audit.record({ ...record, action: 'compute.join-node-failed' })
  }
}

type Place = { readonly sha256: string; readonly nodeId: string; readonly now: number }

/** Uses the token and makes the node, both or neither. */
async function takeInOnce(room: Room, join: NodeJoin, { sha256, nodeId, now }: Place): Promise<NodeJoined> {
  const floorMicro = parseAmount(join.floorPrice, MICRO)
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
    const { name, signKey, encryptKey, slots, facts } = join
    const node = { id: nodeId, orgId, name, ownerKind, region, jurisdiction, trusted, signKey, encryptKey, slots }
    if (!(await insertNode(tx, { ...node, floorMicro, facts }, now))) throw computeErrors.error('key-in-use')
    await useToken(tx, sha256, nodeId, now)
    await noteNodeEvent(tx, { orgId, nodeId, kind: 'joined', facts: { platform: facts.platform } }, now)
    return answer(nodeId)
  })
}
