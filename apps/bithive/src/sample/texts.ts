import type { Locale } from '@bithive/kernel/errors'

type Facts = Readonly<Record<string, string | number>>
type Line = (facts: Facts) => string

/** What a privacy tier asks of a node, for the line that says why one was refused. */
const tierZh: Record<string | number, string> = {
  2: '（等级 2：只能交给可信机构）',
  3: '（等级 3：头部影像可辨认面容，只能由来源医院自己的节点计算）',
}
const tierEn: Record<string | number, string> = {
  2: ' (tier 2: trusted institutions only)',
  3: ' (tier 3: a head can be recognised, so only the originating hospital computes it)',
}

/** What the loop says as it goes. Facts are ids, counts and names of invented organisations. */
const zh: Record<string, Line> = {
  banner: (f) => `BitHive ${f.profile}${f.sample ? '（样例：机构、人员与款项均为虚构）' : ''} · 仅在本机开放`,
  database: () => 'PostgreSQL、枢纽与站点已启动',
  nodes: (f) => `三个样例节点已上线（沙箱：${f.sandbox}）`,
  found: (f) => `找到上次的数据：${f.studies} 个检查，${f.orders} 个订单`,
  sending: (f) => `设备经 DICOM 发送真实影像：${f.key}，${f.images} 幅`,
  stored: (f) => `站点收到并归档：${f.stored} 幅`,
  complete: (f) => `检查收齐：${f.modality} ${f.images} 幅，患者在站点外只是 ${f.person}`,
  step: (f) => `订单 ${f.order}：${f.text}`,
  placement: (f) => `订单 ${f.order} · ${f.node}：${f.reason}${tierZh[f.needs ?? 0] ?? ''}`,
  node: (f) => `节点 ${f.node}：${f.what}`,
  delivered: (f) => `报告 ${f.report} 发往医院 PACS：${f.state}`,
  table: () => '谁付款，谁收款',
  rate: (f) => `报价以人民币计，按样例汇率结算：1 CNY = ${f.amount} ${f.asset}（不是市场价格）`,
  balance: (f) => `试算平衡：${f.difference}（${f.asset}）`,
  building: () => '正在生成网页（第一次或程序更新后，约 10 秒）',
  console: (f) => `网页：${f.url}   DICOM：${f.ae}@127.0.0.1:${f.port}`,
  consoleBeforeDicom: (f) => `网页：${f.url}   DICOM：${f.ae}，端口在首次设置的“影像设备”一步给出`,
  login: (f) => `命令行已替样例医院登录，可直接使用 npm run -s bithive -- help；站点账号 ${f.user}，密码见 ${f.file}`,
  serving: () => '继续运行；按 Ctrl-C 停止。',
  stopping: () => '正在停止…',
  stopped: (f) => `已停止，数据保留在 ${f.directory}`,
  setup: (f) => `这里还没有管理员。请打开 ${f.url} ，或打开首页并输入安装码 ${f.code}（一次有效）`,
  notForDiagnosis: () => '分析结果未经批准，不可用于诊断。',
}

const en: Record<string, Line> = {
  banner: (f) =>
    `BitHive ${f.profile}${f.sample ? ' (sample: organisations, people and money are invented)' : ''} · open on this machine only`,
  database: () => 'PostgreSQL, hub and site are up',
  nodes: (f) => `three sample nodes are online (sandbox: ${f.sandbox})`,
  found: (f) => `found earlier data: ${f.studies} studies, ${f.orders} orders`,
  sending: (f) => `the scanner sends real images over DICOM: ${f.key}, ${f.images} images`,
  stored: (f) => `the site received and filed ${f.stored} images`,
  complete: (f) =>
    `study complete: ${f.modality}, ${f.images} images; outside the site the patient is only ${f.person}`,
  step: (f) => `order ${f.order}: ${f.text}`,
  placement: (f) => `order ${f.order} · ${f.node}: ${f.reason}${tierEn[f.needs ?? 0] ?? ''}`,
  node: (f) => `node ${f.node}: ${f.what}`,
  delivered: (f) => `report ${f.report} to the hospital's PACS: ${f.state}`,
  table: () => 'Who paid, who earned',
  rate: (f) =>
    `prices are quoted in CNY and settled at the sample rate: 1 CNY = ${f.amount} ${f.asset} (not a market price)`,
  balance: (f) => `trial balance: ${f.difference} (${f.asset})`,
  building: () => 'building the pages (the first time, and after an update; about 10 s)',
  console: (f) => `console: ${f.url}   DICOM: ${f.ae}@127.0.0.1:${f.port}`,
  consoleBeforeDicom: (f) =>
    `console: ${f.url}   DICOM: ${f.ae}, the step “Imaging devices” of the set-up gives its port`,
  login: (f) =>
    `the command is signed in for the sample hospital: npm run -s bithive -- help; site account ${f.user}, password in ${f.file}`,
  serving: () => 'Serving. Press Ctrl-C to stop.',
  stopping: () => 'Stopping …',
  stopped: (f) => `Stopped; data stay in ${f.directory}`,
  setup: (f) => `nobody administers this house yet: open ${f.url} , or its first page with the one-time code ${f.code}`,
  notForDiagnosis: () => 'Results are not approved for diagnosis.',
}

export type LineKey = keyof typeof zh

export type Say = (key: string, facts?: Facts) => void

/** Renders a line; a missing key is a defect that shows itself. */
export function lineOf(locale: Locale, key: string, facts: Facts = {}): string {
  return (locale === 'zh' ? zh : en)[key]?.(facts) ?? key
}
