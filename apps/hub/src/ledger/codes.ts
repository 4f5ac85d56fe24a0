/** Why a transfer was made. The number is stored; 200 to 299 pay someone, and stop when the books do not balance. */
export const TRANSFER_CODES = {
  issue: { number: 100, zh: '发行', en: 'Issued' },
  'sample-funding': { number: 101, zh: '样例资金', en: 'Sample funding' },
  redeem: { number: 102, zh: '交回网络', en: 'Given back to the network' },
  'own-move': { number: 103, zh: '自有账户间划转', en: 'Moved between own accounts' },
  genesis: { number: 104, zh: '创世分配', en: 'Genesis allocation' },
  emission: { number: 105, zh: '按期增发', en: 'Emission of an epoch' },
  burn: { number: 106, zh: '销毁', en: 'Burned' },
  deposit: { number: 107, zh: '银行入账', en: 'Received at the bank' },
  'deposit-match': { number: 108, zh: '入账归属', en: 'Deposit given to its owner' },
  'conversion-hold': { number: 114, zh: '兑换预留', en: 'Set aside for a conversion' },
  'conversion-fee': { number: 132, zh: '兑换手续费', en: 'Conversion fee' },
  grant: { number: 133, zh: '授予锁定', en: 'Locked for a grant' },
  'grant-return': { number: 134, zh: '撤销授予退回', en: 'Returned from a revoked grant' },
  hold: { number: 110, zh: '预留', en: 'Held' },
  release: { number: 111, zh: '解除预留', en: 'Hold released' },
  'hold-expired': { number: 112, zh: '预留到期退回', en: 'Hold expired' },
  capture: { number: 113, zh: '扣款', en: 'Captured' },
  refund: { number: 120, zh: '退款', en: 'Refund' },
  fee: { number: 130, zh: '网络服务费', en: 'Network fee' },
  pool: { number: 131, zh: '质量奖池提留', en: 'Share set aside for the quality pool' },
  reversal: { number: 140, zh: '冲正', en: 'Reversal' },
  'clearing-out': { number: 150, zh: '分片间划出', en: 'Sent to another shard' },
  'clearing-in': { number: 151, zh: '分片间划入', en: 'Received from another shard' },
  'base-pay': { number: 200, zh: '算力报酬', en: 'Base pay for computing' },
  royalty: { number: 201, zh: '模型作者分成', en: 'Royalty of the model author' },
  'pool-share': { number: 202, zh: '质量奖池分配', en: 'Share of the quality pool' },
  stipend: { number: 203, zh: '在线补贴', en: 'Stipend' },
  replica: { number: 204, zh: '复算报酬', en: 'Pay for a replica' },
  canary: { number: 205, zh: '抽检报酬', en: 'Pay for a canary job' },
  speculative: { number: 206, zh: '备份计算报酬', en: 'Pay for a speculative copy' },
  compensation: { number: 207, zh: '补偿', en: 'Compensation' },
  conversion: { number: 208, zh: '兑换', en: 'Conversion' },
  'grant-release': { number: 209, zh: '授予释放', en: 'Released from a grant' },
  'deposit-return': { number: 211, zh: '退回汇款人', en: 'Sent back to the bank' },
  withdrawal: { number: 210, zh: '提现', en: 'Withdrawal' },
} as const satisfies Record<string, { number: number; zh: string; en: string }>

export type TransferCode = keyof typeof TRANSFER_CODES

const byNumber = new Map<number, TransferCode>(
  (Object.keys(TRANSFER_CODES) as TransferCode[]).map((code) => [TRANSFER_CODES[code].number, code]),
)

/** The word for a stored number, or undefined for one that this version does not know. */
export function transferCodeOf(number: number): TransferCode | undefined {
  return byNumber.get(number)
}

/** True for codes that pay someone; migrations/002-apply.sql draws the same line. */
export function isPayout(code: TransferCode): boolean {
  const { number } = TRANSFER_CODES[code]
  return number >= 200 && number <= 299
}
