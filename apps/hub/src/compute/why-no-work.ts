import type { PlacementReason } from '@bithive/api/compute'
import type { NoWorkReason } from '@bithive/api/nodes'
import { REASON_TEXT } from '@bithive/api/placement-words'
import type { LocalText } from '@bithive/api/workload'
import type { Room } from './ports.ts'

const WINDOW_MS = 86_400_000
/** Placements that are looked through, newest first: more would not change what an owner does. */
const MOST_PLACEMENTS = 5_000

type Code = PlacementReason['code']
type Facts = PlacementReason['facts']
type Group = { readonly code: Code; readonly count: number; readonly facts: Facts; readonly wonAt: string | null }

const yuan = (cents: string | number | null | undefined): string => {
  const digits = String(cents ?? '0').padStart(3, '0')
  return `¥${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** What was asked and what the node has, without a word about whose node won or who ordered. */
const FACTS: Partial<Record<Code, (facts: Facts, wonAt: string | null) => LocalText>> = {
  tier: ({ needs, granted }) => ({
    zh: `需要信任级别 ${needs}，您是 ${granted}`,
    en: `It needs tier ${needs}; yours is ${granted}`,
  }),
  jurisdiction: ({ place }) => ({ zh: `您的节点在 ${place}`, en: `Your node stands in ${place}` }),
  memory: ({ needsMb, hasMb }) => ({
    zh: `需要 ${needsMb} MB，您有 ${hasMb} MB`,
    en: `It needs ${needsMb} MB; you have ${hasMb} MB`,
  }),
  gpu: ({ needs, has }) => ({
    zh: `需要 ${needs} 块显卡，您有 ${has} 块`,
    en: `It needs ${needs} GPUs; you have ${has}`,
  }),
  price: ({ priceCents, maxCents }) => ({
    zh: `您的报价 ${yuan(priceCents)}，订单上限 ${yuan(maxCents)}`,
    en: `You ask ${yuan(priceCents)}; the order allows ${yuan(maxCents)}`,
  }),
  dearer: ({ priceCents }, wonAt) =>
    wonAt === null
      ? { zh: `您的报价 ${yuan(priceCents)}`, en: `You ask ${yuan(priceCents)}` }
      : {
          zh: `您的报价 ${yuan(priceCents)}，成交 ${yuan(wonAt)}`,
          en: `You ask ${yuan(priceCents)}; it went for ${yuan(wonAt)}`,
        },
  runtime: ({ missing }) => ({ zh: `缺少 ${missing}`, en: `Missing: ${missing}` }),
}

const LOWER_FLOOR: LocalText = {
  zh: '底价在加入时用 --floor 定下；要改低，请移除节点后用新令牌和更低的 --floor 重新加入。',
  en: 'The floor is set by --floor when a node joins. To lower it, remove the node and join anew with a lower --floor.',
}

const CURES: Partial<Record<Code, LocalText>> = {
  tier: {
    zh: '级别 2 只给网络认定的可信机构，级别 3 只给下单医院自己的节点；可联系网络运营者认定机构。',
    en: "Tier 2 is for institutions that the network trusts, tier 3 for the ordering hospital's own nodes; the network's operator decides on trust.",
  },
  price: LOWER_FLOOR,
  dearer: LOWER_FLOOR,
  runtime: {
    zh: '请更新节点程序；onnx 程序还需要 onnxruntime-node 能在沙箱内加载。',
    en: 'Update the agent; onnx workloads also need onnxruntime-node to load inside the sandbox.',
  },
  sandbox: {
    zh: '请安装 bubblewrap 0.8 或更新版本后重启节点。',
    en: 'Install bubblewrap 0.8 or newer and start the node again.',
  },
  busy: {
    zh: '机器有余力时，可用更多 --slots 重新加入。',
    en: 'If the machine can do more, join anew with more --slots.',
  },
  offline: { zh: '请保持节点运行并联网。', en: 'Keep the node running and connected.' },
  draining: { zh: '请在节点页恢复接单。', en: 'Resume the node on its page.' },
  'tried-before': {
    zh: '节点曾丢失或算错这个任务；请看节点页的记录。',
    en: 'The node lost this job or got it wrong; its history shows what happened.',
  },
}

function viewGroup({ code, count, facts, wonAt }: Group): NoWorkReason {
  const fact = FACTS[code]?.(facts, wonAt)
  const cure = CURES[code]
  return { code, count, text: REASON_TEXT[code], ...(fact ? { fact } : {}), ...(cure ? { cure } : {}) }
}

/**
 * Why jobs of the last day that considered these nodes went elsewhere or still wait: the allocator's own reasons, the
 * largest group first. A job counts once for each node that it considered.
 */
export async function whyNoWork(room: Room, nodeIds: readonly string[]) {
  const since = room.clock.now() - WINDOW_MS
  const groups = await room.db.worker<Group[]>`
    WITH latest AS (
      SELECT reasons, looked_at FROM compute.placements WHERE looked_at >= ${since}
      ORDER BY looked_at DESC LIMIT ${MOST_PLACEMENTS})
    SELECT r ->> 'code' AS code, count(*)::int AS count, (array_agg(r -> 'facts' ORDER BY p.looked_at DESC))[1] AS facts,
      (array_agg((SELECT c -> 'facts' ->> 'priceCents' FROM jsonb_array_elements(p.reasons) c
        WHERE c ->> 'code' = 'chosen' LIMIT 1) ORDER BY p.looked_at DESC))[1] AS "wonAt"
    FROM latest p CROSS JOIN LATERAL jsonb_array_elements(p.reasons) r
    WHERE r ->> 'nodeId' = ANY(${[...nodeIds]})
    GROUP BY 1 ORDER BY count(*) DESC, 1`
  const chosen = groups.find(({ code }) => code === 'chosen')?.count ?? 0
  return {
    windowMs: WINDOW_MS,
    considered: groups.reduce((sum, { count }) => sum + count, 0),
    chosen,
    reasons: groups.filter(({ code }) => code !== 'chosen').map(viewGroup),
  }
}
