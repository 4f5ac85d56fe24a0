import type { JoinProgress, JoinTokenView, NodeOptions } from '@bithive/api/nodes'
import type { Actor } from '@bithive/kernel/actor'
import { httpErrors, mustAllow } from '@bithive/kernel/http'
import { computeErrors } from './errors.ts'
import { joinChecks } from './join-checks.ts'
import { nodeById } from './node-store.ts'
import { mayRunNodes, maySeeNodes } from './policy.ts'
import type { Room } from './ports.ts'
import { tellOwner } from './tell-owner.ts'

const MOST_TOKENS = 100

export type OwnToken = Omit<JoinTokenView, 'tokenId' | 'state' | 'createdAt' | 'expiresAt' | 'nodeId' | 'nodeName'> & {
  readonly id: string
  readonly createdAt: bigint
  readonly expiresAt: bigint
  readonly usedAt: bigint | null
  readonly revokedAt: bigint | null
  readonly nodeId: string | null
  readonly nodeName: string | null
  readonly problem: string | null
  readonly problemAt: bigint | null
}

function stateOf(token: OwnToken, now: number): JoinTokenView['state'] {
  if (token.usedAt !== null) return 'used'
  if (token.revokedAt !== null) return 'revoked'
  return Number(token.expiresAt) <= now ? 'expired' : 'open'
}

const viewToken = (token: OwnToken, now: number): JoinTokenView => ({
  tokenId: token.id,
  state: stateOf(token, now),
  ownerKind: token.ownerKind,
  region: token.region,
  jurisdiction: token.jurisdiction,
  trusted: token.trusted,
  createdAt: Number(token.createdAt),
  expiresAt: Number(token.expiresAt),
  ...(token.nodeId === null ? {} : { nodeId: token.nodeId }),
  ...(token.nodeName === null ? {} : { nodeName: token.nodeName }),
})

/** Row-level security shows the organisation's own tokens; the newest first. */
function readTokens(room: Room, orgId: string, tokenId?: string): Promise<OwnToken[]> {
  return room.db.asOrg(
    orgId,
    (tx) => tx<OwnToken[]>`
      SELECT t.id, t.owner_kind AS "ownerKind", t.region, t.jurisdiction, t.trusted, t.created_at AS "createdAt",
        t.expires_at AS "expiresAt", t.used_at AS "usedAt", t.revoked_at AS "revokedAt", t.node_id AS "nodeId",
        n.name AS "nodeName", t.problem, t.problem_at AS "problemAt"
      FROM compute.join_tokens t LEFT JOIN compute.nodes n ON n.id = t.node_id
      WHERE ${tokenId === undefined ? tx`true` : tx`t.id = ${tokenId}`}
      ORDER BY t.created_at DESC, t.id LIMIT ${MOST_TOKENS}`,
  )
}

/** The join tokens of the actor's organisation, newest first. */
export async function listTokens(room: Room, actor: Actor): Promise<JoinTokenView[]> {
  mustAllow(maySeeNodes(actor))
  const now = room.clock.now()
  return (await readTokens(room, actor.orgId)).map((token) => viewToken(token, now))
}

/** A token and how far its node has come. @throws http.not-found for another organisation's token too */
export async function readJoinProgress(room: Room, actor: Actor, tokenId: string): Promise<JoinProgress> {
  mustAllow(maySeeNodes(actor))
  const [token] = await readTokens(room, actor.orgId, tokenId)
  if (!token) throw httpErrors.error('not-found')
  const { nodeId } = token
  const node = nodeId === null ? undefined : await room.db.asOrg(actor.orgId, (tx) => nodeById(tx, nodeId))
  const view = viewToken(token, room.clock.now())
  return { token: view, checks: await joinChecks(room, { node, token: { ...token, state: view.state } }) }
}

/**
 * Makes an open token worthless. A node that has joined with it is not touched.
 * @throws http.not-found, compute.token-not-open
 */
export async function revokeToken(room: Room, actor: Actor, tokenId: string): Promise<JoinTokenView> {
  const { orgId } = actor
  const [token] = await readTokens(room, orgId, tokenId)
  if (!token) throw httpErrors.error('not-found')
  mustAllow(mayRunNodes(actor))
  await room.audit.record({ orgId, actorId: actor.id, action: 'compute.revoke-join-token', resource: tokenId })
  const now = room.clock.now()
  const revoked = await room.db.asOrg(
    orgId,
    (tx) => tx`
      UPDATE compute.join_tokens SET revoked_at = ${now}
      WHERE id = ${tokenId} AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ${now} RETURNING id`,
  )
  if (revoked.length === 0) throw computeErrors.error('token-not-open')
  tellOwner(room, { orgId })
  const [after] = await readTokens(room, orgId, tokenId)
  return viewToken(after as OwnToken, now)
}

const NOTHING_TO_OWN = {
  zh: '贵机构的类型不能拥有节点。个人、医院、计算中心与数据中心可以。',
  en: 'An organisation of your kind may not own nodes. Individuals, hospitals, computing centres and data centres may.',
}

/** What the actor's organisation may join with: kinds of owner, trust, and where nodes stand already. */
export async function readNodeOptions(room: Room, actor: Actor): Promise<NodeOptions> {
  mustAllow(maySeeNodes(actor))
  const organisation = await room.organisationOf(actor.orgId)
  const ownerKinds = [...(organisation?.ownerKinds ?? [])]
  // Where nodes stand is shown to every orderer as part of the market; whose they are is not part of this answer.
  const regions = await room.db.worker<{ region: string }[]>`
    SELECT region FROM compute.nodes WHERE removed_at IS NULL GROUP BY region ORDER BY count(*) DESC, region LIMIT 50`
  return {
    ...(room.publicUrl === undefined ? {} : { hubUrl: room.publicUrl }),
    ownerKinds,
    mayBeTrusted: organisation?.trusted ?? false,
    ...(organisation?.jurisdiction === undefined ? {} : { jurisdiction: organisation.jurisdiction }),
    regions: regions.map(({ region }) => region),
    ...(ownerKinds.length > 0 ? {} : { reason: NOTHING_TO_OWN }),
  }
}
