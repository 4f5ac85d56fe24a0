import type { JoinCheck, JoinTokenView } from '@bithive/api/nodes'
import type { LocalText } from '@bithive/api/workload'
import { formatAmount } from '@bithive/kernel/money'
import { computeErrors } from './errors.ts'
import type { NodeRow } from './node-store.ts'
import type { Room } from './ports.ts'
import { readWaitingJobs } from './waiting-jobs.ts'

/** A clock that differs by more than this is worth a word: times in logs and envelopes then mislead. */
const CLOCK_WARN_MS = 2_000
const CLOCK_BAD_MS = 60_000

type Step = Omit<JoinCheck, 'key' | 'title'>

const TITLES: Readonly<Record<JoinCheck['key'], LocalText>> = {
  joined: { zh: '节点加入', en: 'The node joins' },
  keys: { zh: '密钥得到证明', en: 'Its keys are proven' },
  sandbox: { zh: '沙箱实测', en: 'The sandbox is tried' },
  benchmark: { zh: '性能实测', en: 'Its speed is measured' },
  clock: { zh: '时钟差', en: 'Its clock agrees' },
  offer: { zh: '第一次派单', en: 'First offer' },
  job: { zh: '第一个任务', en: 'First job' },
  payment: { zh: '第一笔收入', en: 'First payment' },
}

const wait = (zh: string, en: string, cure?: LocalText): Step => ({
  state: 'waiting',
  fact: { zh, en },
  ...(cure ? { cure } : {}),
})
const done = (zh: string, en: string, at?: number): Step => ({
  state: 'done',
  fact: { zh, en },
  ...(at === undefined ? {} : { at }),
})

const AFTER_JOINING = wait('节点加入后检查。', 'Checked once the node has joined.')

const TRY_AGAIN: LocalText = {
  zh: '请在要出借的电脑上运行上面的命令；命令行会写明停在哪一步。电脑须能访问枢纽地址。',
  en: 'Run the command above on the machine to be lent; the terminal says where it stopped. It must reach the hub.',
}
const NEW_TOKEN: LocalText = { zh: '请生成新的令牌。', en: 'Make a new token.' }

/** What the hub said to a node that came with the token, in the words of the catalogue. */
function refusal(problem: string): { fact: LocalText; cure: LocalText } {
  const key = problem.replace(/^compute\./, '') as keyof typeof computeErrors.entries
  const entry = problem.startsWith('compute.') ? computeErrors.entries[key] : undefined
  const title = entry ? { zh: entry.zh.title, en: entry.en.title } : { zh: problem, en: problem }
  return {
    fact: {
      zh: `有节点带着此令牌前来，被拒绝：${title.zh}（${problem}）。`,
      en: `A node came with this token and was refused: ${title.en} (${problem}).`,
    },
    cure: entry ? { zh: entry.zh.todo, en: entry.en.todo } : TRY_AGAIN,
  }
}

type TokenFacts = Pick<JoinTokenView, 'state'> & {
  readonly problem: string | null
  readonly problemAt: bigint | null
}

function joinedStep(node: NodeRow | undefined, token: TokenFacts | undefined): Step {
  if (node) return done(`${node.name} 已加入。`, `${node.name} has joined.`, Number(node.joinedAt))
  if (token?.state === 'used') {
    return { state: 'failed', fact: { zh: '节点已被移除。', en: 'The node was removed.' }, cure: NEW_TOKEN }
  }
  if (token?.state === 'revoked') {
    return { state: 'failed', fact: { zh: '令牌已作废。', en: 'The token was revoked.' }, cure: NEW_TOKEN }
  }
  if (token?.state === 'expired') {
    return {
      state: 'failed',
      fact: { zh: '令牌已过期，没有节点用过。', en: 'The token expired unused.' },
      cure: NEW_TOKEN,
    }
  }
  if (token?.problem) {
    const { fact, cure } = refusal(token.problem)
    return { state: 'failed', fact, cure, ...(token.problemAt === null ? {} : { at: Number(token.problemAt) }) }
  }
  return wait('等待您的节点。', 'Waiting for your node.', TRY_AGAIN)
}

function sandboxStep({ facts }: NodeRow): Step {
  const { kind, isolatesNetwork, isolatesFiles } = facts.sandbox
  const zh = `${kind}：网络${isolatesNetwork ? '隔离' : '不隔离'}，文件${isolatesFiles ? '隔离' : '不隔离'}。`
  const en = `${kind}: network ${isolatesNetwork ? 'isolated' : 'not isolated'}, files ${isolatesFiles ? 'isolated' : 'not isolated'}.`
  if (isolatesNetwork && isolatesFiles) return done(zh, en)
  return {
    state: 'warning',
    fact: {
      zh: `${zh}只能运行本软件自带、按哈希核对的程序。`,
      en: `${en} It runs only bundled programs, checked by hash.`,
    },
    cure: {
      zh: 'Linux：安装 bubblewrap 0.8 或更新版本（apt-get install bubblewrap），然后重启节点。',
      en: 'On Linux, install bubblewrap 0.8 or newer (apt-get install bubblewrap) and start the node again.',
    },
  }
}

function benchmarkStep({ facts }: NodeRow): Step {
  const rate = facts.benchmark.toFixed(1)
  if (facts.benchmark > 0)
    return done(`单核每秒 ${rate} 次基准运算。`, `${rate} runs of the reference kernel a second, on one core.`)
  return {
    state: 'failed',
    fact: { zh: '没有测得性能。', en: 'No speed was measured.' },
    cure: { zh: '请重启节点，让它重新测量。', en: 'Start the node again, so that it measures anew.' },
  }
}

function clockStep({ clockAheadMs, clockWithinMs }: NodeRow): Step {
  if (clockAheadMs === null || clockWithinMs === null) {
    return wait('节点连接时测量。', 'Measured when the node connects.', {
      zh: '节点程序较旧，不报告时钟；请更新。',
      en: 'An older agent does not tell its clock: update it.',
    })
  }
  const size = Math.abs(clockAheadMs)
  const seconds = (size / 1000).toFixed(2)
  const within = (clockWithinMs / 1000).toFixed(2)
  const zh = `比枢纽${clockAheadMs >= 0 ? '快' : '慢'} ${seconds} 秒（误差不超过 ${within} 秒）。`
  const en = `${seconds} s ${clockAheadMs >= 0 ? 'ahead of' : 'behind'} the hub (within ${within} s).`
  if (size - clockWithinMs <= CLOCK_WARN_MS) return done(zh, en)
  return {
    state: size - clockWithinMs > CLOCK_BAD_MS ? 'failed' : 'warning',
    fact: { zh, en },
    cure: {
      zh: '请打开系统的自动校时（NTP），然后重启节点。租约按枢纽时钟计，工作不受影响，但签名中的时间会错。',
      en: "Switch on automatic time (NTP), then start the node again. Leases follow the hub's clock, but signed times would be wrong.",
    },
  }
}

type Firsts = {
  readonly connectedAt: bigint | null
  readonly offeredAt: bigint | null
  readonly returnedAt: bigint | null
  readonly acceptedJob: string | null
}

async function readFirsts(room: Room, nodeId: string): Promise<Firsts> {
  const [row] = await room.db.worker<Firsts[]>`
    SELECT
      (SELECT min(at) FROM compute.node_events WHERE node_id = ${nodeId} AND kind = 'connected') AS "connectedAt",
      (SELECT min(offered_at) FROM compute.leases WHERE node_id = ${nodeId}) AS "offeredAt",
      (SELECT min(returned_at) FROM compute.leases WHERE node_id = ${nodeId}) AS "returnedAt",
      (SELECT job_id FROM compute.leases WHERE node_id = ${nodeId} AND state = 'accepted'
        ORDER BY offered_at LIMIT 1) AS "acceptedJob"`
  return row as Firsts
}

async function readFirstPayment(room: Room, nodeId: string) {
  const [row] = await room.db.worker<{ asset: string; scale: number; amount: bigint; bookedAt: bigint }[]>`
    SELECT asset, scale, amount, booked_at AS "bookedAt" FROM compute.payouts
    WHERE node_id = ${nodeId} ORDER BY booked_at LIMIT 1`
  return row
}

function keysStep(node: NodeRow, connectedAt: bigint | null): Step {
  if (connectedAt !== null) {
    return done(
      '节点用私钥签了枢纽的随机数；签名与加密密钥已绑定。',
      'The node signed a random number of the hub; its signing and sealing keys are bound.',
      Number(connectedAt),
    )
  }
  return wait('等待节点连接并签名。', 'Waiting for the node to connect and sign.', {
    zh: `${node.name} 已加入但还没有连接：请让命令保持运行。`,
    en: `${node.name} has joined but not connected: leave the command running.`,
  })
}

async function workSteps(
  room: Room,
  node: NodeRow,
  firsts: Firsts,
): Promise<Pick<Record<JoinCheck['key'], Step>, 'offer' | 'job' | 'payment'>> {
  const payment = await readFirstPayment(room, node.id)
  const waiting = await readWaitingJobs(room, node)
  const returned = firsts.returnedAt
  return {
    offer:
      firsts.offeredAt === null
        ? wait(waiting.text.zh, waiting.text.en, waiting.cure)
        : done('收到第一次派单。', 'The first offer has come.', Number(firsts.offeredAt)),
    job:
      returned === null
        ? wait('等待一个任务算完。', 'Waiting for a job to be computed.')
        : done('第一个任务已算完并交回。', 'The first job was computed and returned.', Number(returned)),
    payment: payment
      ? done(
          `已到账 ${formatAmount(payment.amount, payment.scale)} ${payment.asset}。`,
          `${formatAmount(payment.amount, payment.scale)} ${payment.asset} were paid.`,
          Number(payment.bookedAt),
        )
      : wait('医院确认结果后到账。', 'Paid once the hospital has accepted the result.'),
  }
}

/** From the token to the first payment: what was proven or measured, what is waited for, what to do. */
export async function joinChecks(
  room: Room,
  subject: { readonly node: NodeRow | undefined; readonly token?: TokenFacts },
): Promise<JoinCheck[]> {
  const { node, token } = subject
  const joined = joinedStep(node, token)
  const steps = node
    ? await (async () => {
        const firsts = await readFirsts(room, node.id)
        return {
          joined,
          keys: keysStep(node, firsts.connectedAt),
          sandbox: sandboxStep(node),
          benchmark: benchmarkStep(node),
          clock: clockStep(node),
          ...(await workSteps(room, node, firsts)),
        }
      })()
    : {
        ...{ joined, keys: AFTER_JOINING, sandbox: AFTER_JOINING, benchmark: AFTER_JOINING, clock: AFTER_JOINING },
        ...{ offer: AFTER_JOINING, job: AFTER_JOINING, payment: AFTER_JOINING },
      }
  return (Object.keys(TITLES) as JoinCheck['key'][]).map((key) => ({ key, title: TITLES[key], ...steps[key] }))
}
