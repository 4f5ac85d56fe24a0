import type { OrderProblem } from '@bithive/api/orders'
import type { ErrorCatalogue, ErrorText } from '@bithive/kernel/errors'
import { workloadErrors } from '@bithive/workloads'
import { consentErrors } from '../consent/index.ts'
import { identifierErrors } from '../identifiers/index.ts'
import { imagingErrors } from '../imaging/index.ts'
import { orderErrors } from './errors.ts'

type Words = { readonly zh: ErrorText; readonly en: ErrorText }

const NOTHING_LEFT = {
  zh: '没有任何数据离开本院，也没有付款。',
  en: 'Nothing left this hospital and nothing was paid.',
}

const words = (zh: readonly [string, string], en: readonly [string, string], notDone = NOTHING_LEFT): Words => ({
  zh: { title: zh[0], notDone: notDone.zh, todo: zh[1] },
  en: { title: en[0], notDone: notDone.en, todo: en[1] },
})

/** Reasons of the consent register's decisions: which consent is missing, and what to do about it. */
const CONSENT: Readonly<Record<string, Words>> = {
  'consent.none': words(
    ['没有患者的授权同意', '请先取得并登记患者对此用途的同意，再下单。'],
    ['The patient has given no consent', 'Ask for and record a consent for this use, then order.'],
  ),
  'consent.purpose': words(
    ['授权同意不包括此目的', '请选择同意书包含的目的，或登记新的同意。'],
    ['The consent is for another purpose', 'Choose a purpose that it covers, or record a new consent.'],
  ),
  'consent.data-class': words(
    ['授权同意不包括这类数据', '请登记覆盖这类影像的同意。'],
    ['The consent does not cover this class of data', 'Record a consent that covers these images.'],
  ),
  'consent.not-yet': words(
    ['授权同意尚未开始', '请等到起始日期，或登记新的同意。'],
    ['The consent has not begun', 'Wait until it begins, or record a new one.'],
  ),
  'consent.expired': words(
    ['授权同意已到期', '请向患者重新取得同意。'],
    ['The consent has ended', 'Ask the patient for a new consent.'],
  ),
  'consent.revoked': words(
    ['患者已撤回授权同意', '请尊重患者的决定；如患者改变主意，可重新登记同意。'],
    [
      'The patient withdrew the consent',
      'Respect that decision. A new consent can be recorded if the patient changes it.',
    ],
  ),
  'consent.recipient-kind': words(
    ['授权同意不包括这类节点', '请登记允许这类节点的同意，或等待同意书允许的节点。'],
    ['The consent excludes this kind of node', 'Record a consent that allows it, or wait for a node that it allows.'],
  ),
  'consent.recipient': words(
    ['授权同意只允许另一家机构', '请登记允许该机构的同意。'],
    ['The consent is for another organisation', 'Record a consent that allows this one.'],
  ),
  'consent.jurisdiction': words(
    ['节点不在授权同意允许的法域', '请登记允许该法域的同意，或重新下单等待其他节点。'],
    ['The node stands outside the places that the consent allows', 'Record a consent for it, or order again.'],
  ),
  'consent.region': words(
    ['节点不在授权同意允许的地区', '请登记允许该地区的同意，或重新下单等待其他节点。'],
    ['The node stands outside the regions that the consent allows', 'Record a consent for it, or order again.'],
  ),
  'consent.tier': words(
    ['信任级别不允许交给这个节点', '3 级数据只能在本院节点处理，2 级不交给家庭节点。请让本院节点上线后重新下单。'],
    [
      'The trust tier does not allow this node',
      'Tier 3 data stay on this hospital’s own nodes, tier 2 never goes to a home. Bring an own node online and order again.',
    ],
  ),
}

const HOLD_BACK = { zh: '任务没有完成；冻结金额全部退回。', en: 'It was not computed; the whole hold comes back.' }

/** Codes of the hub that an order can end with: its answers carry the code, and the words are for whoever shows it. */
const HUB: Readonly<Record<string, Words>> = {
  'compute.insufficient-funds': words(
    ['余额不足', '请充值，或降低最高价后重新下单。'],
    ['Not enough money', 'Add money, or order again with a lower limit.'],
  ),
  'compute.too-many-open-jobs': words(
    ['未完成的任务太多', '请等部分任务完成后再下单。'],
    ['Too many jobs are open', 'Wait until some are finished, then order again.'],
  ),
  'compute.unknown-workload': words(
    ['网络中没有这个分析程序或版本', '请从模型列表中选择，或请管理员更新站点。'],
    ['The network has no such workload or version', 'Choose another, or have the site updated.'],
  ),
  'compute.wrong-data-class': words(
    ['数据类别与分析程序不符', '请选择适用于该类数据的分析。'],
    ['The workload does not take this class of data', 'Choose a workload made for it.'],
  ),
  'compute.no-node-in-time': words(
    ['在规定时间内没有可用的节点', '请查看各节点的原因，放宽条件后重新下单。'],
    ['No node was free in time', 'Look at the reasons, relax a condition, and order again.'],
    HOLD_BACK,
  ),
  'compute.attempts-used-up': words(
    ['多个节点都未能完成', '请稍后重新下单，或联系网络运营者。'],
    ['Several nodes failed to compute it', 'Order again later, or ask the operator of the network.'],
    HOLD_BACK,
  ),
  'compute.answer-missing': words(
    ['没有按时答复', '请查看步骤；站点恢复后会自动继续。'],
    ['No answer came in time', 'Look at the steps; it goes on by itself once the site is back.'],
    { zh: '没有付款；金额的去向见费用一栏。', en: 'Nothing was paid; the cost panel says where the money is.' },
  ),
}

/** Tier 2 data cannot leave for a home, and so on: catalogues of the rooms below, by their own codes. */
const CATALOGUES: readonly ErrorCatalogue<string>[] = [
  orderErrors as ErrorCatalogue<string>,
  imagingErrors as ErrorCatalogue<string>,
  identifierErrors as ErrorCatalogue<string>,
  consentErrors as ErrorCatalogue<string>,
  workloadErrors as ErrorCatalogue<string>,
]

const UNKNOWN: Words = {
  zh: { title: '原因代码没有说明', notDone: '请以订单状态为准。', todo: '请把订单编号和代码告诉管理员。' },
  en: {
    title: 'The code has no words',
    notDone: 'The state of the order says what stands.',
    todo: 'Give the order id and the code to the administrator.',
  },
}

function wordsOf(code: string): Words {
  const known = CONSENT[code] ?? HUB[code]
  if (known) return known
  const at = code.indexOf('.')
  return CATALOGUES.find(({ room }) => room === code.slice(0, at))?.entries[code.slice(at + 1)] ?? UNKNOWN
}

/** A problem's code in words for people: what it is, what was not done, what to do. */
export function problemWords(code: string): OrderProblem {
  const { zh, en } = wordsOf(code)
  return {
    code,
    title: { zh: zh.title, en: en.title },
    notDone: { zh: zh.notDone, en: en.notDone },
    todo: { zh: zh.todo, en: en.todo },
  }
}
