import type { Counterparty, JobStory, WalletEntry } from '@bithive/api/wallet'
import type { LocalText } from '@bithive/api/workload'
import { formatAmount, parseAmount } from '@bithive/kernel/money'
import type { JobMoney } from '../compute/index.ts'
import { mayKnowName } from './policy.ts'
import type { Party } from './ports.ts'
import type { WalkedEntry } from './walk-entries.ts'

/** Facts that entries of one page need, read for all of them at once. */
export type Known = {
  readonly readerOrgId: string
  readonly jobs: ReadonlyMap<string, JobMoney>
  readonly parties: ReadonlyMap<string, Party>
  readonly codeTexts: Readonly<Record<string, LocalText>>
}

const NETWORK: Counterparty = { kind: { zh: '网络', en: 'The network' } }
const OWN: Counterparty = { kind: { zh: '自己的账户', en: 'Own account' } }

const KINDS: Readonly<Record<string, LocalText>> = {
  operator: { zh: '网络运营者', en: 'A network operator' },
  'general-hospital': { zh: '一家医院', en: 'A hospital' },
  'specialist-clinic': { zh: '一家专科诊所', en: 'A clinic' },
  'community-health-centre': { zh: '一家社区卫生中心', en: 'A community health centre' },
  'rehabilitation-centre': { zh: '一家康复中心', en: 'A rehabilitation centre' },
  laboratory: { zh: '一家检验机构', en: 'A laboratory' },
  pharmacy: { zh: '一家药房', en: 'A pharmacy' },
  insurer: { zh: '一家保险机构', en: 'An insurer' },
  'research-institute': { zh: '一家研究机构', en: 'A research institute' },
  university: { zh: '一所大学', en: 'A university' },
  company: { zh: '一家企业', en: 'A company' },
  'computing-centre': { zh: '一家计算中心', en: 'A computing centre' },
  'data-centre': { zh: '一家数据中心', en: 'A data centre' },
  individual: { zh: '一位个人', en: 'An individual' },
}
const SOMEBODY: LocalText = { zh: '另一家机构', en: 'Another organisation' }

export function counterpartyOf(known: Known, orgId: string, job: JobMoney | undefined): Counterparty {
  if (orgId === known.readerOrgId) return OWN
  if (orgId === 'network' || orgId.startsWith('network:')) return NETWORK
  const party = known.parties.get(orgId)
  const kind = KINDS[party?.kind ?? ''] ?? SOMEBODY
  return party && mayKnowName(known.readerOrgId, orgId, job) ? { kind, name: party.name } : { kind }
}

const PART_TEXT: Readonly<Record<JobMoney['parts'][number]['part'], LocalText>> = {
  'base-pay': { zh: '算力报酬', en: 'Base pay for computing' },
  royalty: { zh: '模型作者分成', en: 'Royalty of the model author' },
  fee: { zh: '网络服务费', en: 'Network fee' },
  pool: { zh: '质量奖池提留', en: 'Share for the quality pool' },
}

/** Hold, payment and return of one job, as far as the reader may know them: the payer all of it, others their part. */
function storyOf(known: Known, job: JobMoney, entry: WalkedEntry): JobStory {
  const own = job.payerOrgId === known.readerOrgId
  const base = {
    jobId: job.jobId,
    workload: job.workload,
    version: job.version,
    ...(job.title ? { title: job.title } : {}),
    state: job.state,
    stateText: job.stateText,
    own,
  }
  const { scale } = entry
  const ownsNode = job.nodeOwnerOrgId === known.readerOrgId
  const node = (own || ownsNode) && job.nodeName !== undefined ? { nodeName: job.nodeName } : {}
  if (!own) return { ...base, ...node }
  const paid = job.parts.reduce((sum, { amount }) => sum + parseAmount(amount, scale), 0n)
  const held = entry.step === 'hold' ? entry.amount : entry.pendingAmount
  const ended = job.state === 'settled' || job.state === 'failed' || job.state === 'cancelled'
  return {
    ...base,
    ...node,
    orderedAt: job.orderedAt,
    ...(held === undefined ? {} : { held: formatAmount(held, scale) }),
    ...(ended ? { paid: formatAmount(paid, scale) } : {}),
    ...(ended && held !== undefined ? { released: formatAmount(held > paid ? held - paid : 0n, scale) } : {}),
    ...(job.parts.length === 0
      ? {}
      : {
          parts: job.parts.map(({ part, orgId, amount }) => ({
            text: PART_TEXT[part],
            to: counterpartyOf(known, orgId, job),
            amount,
          })),
        }),
  }
}

function several(parties: readonly Counterparty[]): Counterparty | undefined {
  const names = parties.map(({ name, kind }) => name ?? kind)
  if (names.length === 0) return undefined
  const said = (locale: 'zh' | 'en', between: string) => [...new Set(names.map((one) => one[locale]))].join(between)
  return { kind: { zh: said('zh', '、'), en: said('en', ', ') } }
}

/** Codes whose other side is the network itself. */
const FROM_NETWORK = new Set([
  'issue',
  'sample-funding',
  'redeem',
  'fee',
  'pool',
  'pool-share',
  'stipend',
  'withdrawal',
])

function otherSide(known: Known, entry: WalkedEntry, job: JobMoney | undefined): Counterparty | undefined {
  if (entry.internal) return OWN
  if (entry.step === 'hold' || entry.step === 'void') return undefined
  if (FROM_NETWORK.has(entry.code ?? '')) return NETWORK
  if (!job) return undefined
  // What a payer is charged goes on at once to several, and the payer may know each of them.
  if (entry.direction === 'out') return several(job.parts.map(({ orgId }) => counterpartyOf(known, orgId, job)))
  return counterpartyOf(known, job.payerOrgId, job)
}

const HELD: LocalText = { zh: '为任务冻结', en: 'Held for a job' }
const RELEASED: LocalText = { zh: '解除冻结', en: 'Hold released' }
const PAID: LocalText = { zh: '任务付款', en: 'Paid for a job' }
const BETWEEN: LocalText = { zh: '自己的分账户之间划转', en: 'Moved between own sub-accounts' }
const OTHER: LocalText = { zh: '转账', en: 'Transfer' }

/** The word for a code, wherever codes are named: what leaves a payer for a job is called as its entry is. */
export const codeText = (codeTexts: Known['codeTexts'], code: string | undefined): LocalText | undefined =>
  code === 'capture' ? PAID : codeTexts[code ?? '']

function titleOf(known: Known, entry: WalkedEntry, job: JobMoney | undefined): LocalText {
  if (entry.internal) return BETWEEN
  if (job && entry.step === 'hold') return HELD
  if (job && entry.step === 'void') return RELEASED
  if (job && entry.step === 'post' && entry.direction === 'out') return PAID
  return codeText(known.codeTexts, entry.code) ?? OTHER
}

export const jobIdOf = (entry: { readonly reference: string | undefined }): string | undefined =>
  entry.reference?.startsWith('job_') ? entry.reference : undefined

/** One line of the books in words: what happened, for which job, who stands on the other side, what is left. */
export function explainEntry(known: Known, entry: WalkedEntry): WalletEntry {
  const { scale } = entry
  const money = (amount: bigint) => formatAmount(amount, scale)
  const job = known.jobs.get(jobIdOf(entry) ?? '')
  const counterparty = otherSide(known, entry, job)
  const held = entry.step === 'hold' ? entry.amount : entry.pendingAmount
  const ends = entry.direction === 'out' && (entry.step === 'post' || entry.step === 'void')
  const freed = (entry.pendingAmount ?? 0n) - entry.amount
  return {
    id: entry.id,
    at: entry.atMs,
    asset: entry.asset,
    direction: entry.direction,
    step: entry.step,
    ...(entry.code === undefined ? {} : { code: entry.code }),
    title: titleOf(known, entry, job),
    effect: money(entry.effect),
    availableEffect: money(entry.availableEffect),
    ...(held === undefined ? {} : { held: money(held) }),
    ...(ends ? { released: money(freed > 0n ? freed : 0n) } : {}),
    balanceAfter: money(entry.balanceAfter),
    internal: entry.internal,
    moved: money(entry.amount),
    account: { kind: entry.kind, shard: entry.shard },
    ...(counterparty ? { counterparty } : {}),
    ...(entry.reference === undefined ? {} : { reference: entry.reference }),
    ...(job ? { story: storyOf(known, job, entry) } : {}),
  }
}
