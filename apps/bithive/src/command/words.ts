import type { ErrorFacts, Locale } from '@bithive/kernel/errors'

type Words = Readonly<Record<string, Readonly<Record<Locale, string>>>>

/** What people call the values that services send as codes. A code that is not here is shown as it is. */
const VALUES: Words = {
  home: { zh: '家庭', en: 'home' },
  hospital: { zh: '医院', en: 'hospital' },
  'computing-centre': { zh: '计算中心', en: 'computing centre' },
  'data-centre': { zh: '数据中心', en: 'data centre' },
  online: { zh: '在线', en: 'online' },
  draining: { zh: '收尾中', en: 'draining' },
  offline: { zh: '离线', en: 'offline' },
  stat: { zh: '特急', en: 'stat' },
  urgent: { zh: '加急', en: 'urgent' },
  routine: { zh: '普通', en: 'routine' },
  'imaging.head': { zh: '头部影像', en: 'head images' },
  'imaging.chest': { zh: '胸部影像', en: 'chest images' },
  'base-pay': { zh: '算力报酬', en: 'base pay' },
  royalty: { zh: '模型版税', en: 'royalty' },
  fee: { zh: '网络服务费', en: 'network fee' },
  pool: { zh: '质量池', en: 'quality pool' },
  refund: { zh: '退回余额', en: 'rest released' },
  hold: { zh: '冻结', en: 'hold' },
  sent: { zh: '已送达', en: 'sent' },
  refused: { zh: '被拒收', en: 'refused' },
  unreachable: { zh: '连接不上', en: 'unreachable' },
  unknown: { zh: '结果未知', en: 'outcome unknown' },
  ok: { zh: '正常', en: 'ok' },
  warn: { zh: '注意', en: 'warn' },
  fail: { zh: '失败', en: 'fail' },
  accepted: { zh: '接下任务', en: 'took a job' },
  declined: { zh: '谢绝任务', en: 'declined a job' },
  running: { zh: '正在计算', en: 'computing' },
  returned: { zh: '交回结果', en: 'returned a result' },
  failed: { zh: '任务失败', en: 'a job failed' },
  revoked: { zh: '任务被收回', en: 'a job was taken back' },
}

export const wordOf = (code: string, locale: Locale): string =>
  Object.hasOwn(VALUES, code) ? (VALUES[code]?.[locale] ?? code) : code

/** Labels of the facts that come with an error. */
const FACTS: Words = {
  expected: { zh: '写法', en: 'as' },
  option: { zh: '选项', en: 'option' },
  given: { zh: '写的是', en: 'given' },
  matches: { zh: '符合的个数', en: 'that fit' },
  files: { zh: '文件数', en: 'files' },
  argument: { zh: '第几个参数', en: 'argument' },
  pid: { zh: '进程号', en: 'process' },
  port: { zh: '端口', en: 'port' },
  host: { zh: '地址', en: 'host' },
  url: { zh: '地址', en: 'address' },
  service: { zh: '服务', en: 'service' },
  status: { zh: 'HTTP 状态', en: 'HTTP status' },
  state: { zh: '状态', en: 'state' },
  reason: { zh: '原因', en: 'reason' },
  problem: { zh: '原因', en: 'reason' },
  path: { zh: '项目', en: 'field' },
  field: { zh: '项目', en: 'field' },
  setting: { zh: '设置项', en: 'setting' },
  stage: { zh: '步骤', en: 'step' },
  study: { zh: '检查', en: 'study' },
  secret: { zh: '文件', en: 'file' },
}

/** An error's facts for a person, one a line. */
export function factLines(facts: ErrorFacts, locale: Locale): string[] {
  return Object.entries(facts).map(([key, value]) => {
    if (key === 'retryAfterMs' && typeof value === 'number') {
      const seconds = Math.ceil(value / 1000)
      return locale === 'zh' ? `  ${seconds} 秒后可重试` : `  try again in ${seconds} s`
    }
    const label = Object.hasOwn(FACTS, key) ? FACTS[key]?.[locale] : key
    return locale === 'zh' ? `  ${label}：${value}` : `  ${label}: ${value}`
  })
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB'] as const

/** Bytes for a person, with one decimal from KiB on. */
export function sizeOf(bytes: number): string {
  let size = bytes
  let unit = 0
  while (size >= 1024 && unit < SIZES.length - 1) {
    size /= 1024
    unit++
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${SIZES[unit]}`
}
