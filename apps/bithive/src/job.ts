import { DecimalAmount, Urgency } from '@bithive/api/compute'
import { OrderProblem, OrderWhy } from '@bithive/api/orders'
import { ReportDetail } from '@bithive/api/reports'
import { WorkloadCard } from '@bithive/api/workload'
import { systemClock } from '@bithive/kernel/clock'
import type { Locale } from '@bithive/kernel/errors'
import { z } from 'zod'
import type { Command, CommandContext, Noun } from './command/command.ts'
import { EXIT } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { problemWords } from './command/problem-words.ts'
import { connectTo } from './command/service-client.ts'
import { formatTable } from './command/table.ts'
import { type OrderStep, OrderSteps, stepLines } from './order-steps.ts'
import { StudyList } from './study.ts'

const Text = z.object({ zh: z.string(), en: z.string() })
export const Order = z.object({
  orderId: z.string(),
  jobId: z.string().nullable(),
  studyId: z.string(),
  seriesId: z.string(),
  workload: z.string(),
  state: z.string(),
  stateText: Text,
  problem: z.string().nullable(),
  reportId: z.string().nullable(),
  createdAt: z.number(),
})
export type Order = z.infer<typeof Order>
const OrderList = z.object({ orders: z.array(Order) })
const Explained = z.object({ order: Order, steps: OrderSteps })

const ENDED = ['settled', 'refused', 'failed', 'cancelled']
const site = ({ env }: CommandContext) => connectTo('site', dataDirectoryOf(env))

/**
 * The one thing whose id begins or ends like this: lists and the loop show the last letters. @throws
 * command.ambiguous; undefined when there is none
 */
function onlyOne<T>(all: readonly T[], wanted: string, idsOf: (one: T) => readonly (string | null)[]): T | undefined {
  const found = all.filter(
    (one) =>
      wanted !== '' && idsOf(one).some((id) => id?.startsWith(wanted) || (wanted.length >= 4 && id?.endsWith(wanted))),
  )
  if (found.length > 1) throw commandErrors.error('ambiguous', { given: wanted.slice(0, 40), matches: found.length })
  return found[0]
}

/**
 * Takes an order's or a job's id, whole or its beginning or end when that is enough.
 * @throws command.no-order, command.ambiguous
 */
async function findOrder(context: CommandContext, wanted: string): Promise<Order> {
  const { orders } = OrderList.parse(await (await site(context)).get('/site/v1/orders?limit=200'))
  const found = onlyOne(orders, wanted, ({ orderId, jobId }) => [orderId, jobId])
  if (!found) throw commandErrors.error('no-order', { given: wanted.slice(0, 40) })
  return found
}

/** The series that is meant: a study of several needs it named, or the wrong images would be analysed. */
async function findSeries(context: CommandContext, study: string, series: string | undefined) {
  const { studies } = StudyList.parse(await (await site(context)).get('/site/v1/studies'))
  const found = onlyOne(studies, study, ({ studyId }) => [studyId])
  if (!found) throw commandErrors.error('no-study', { given: study.slice(0, 40) })
  if (series === undefined && found.series.length > 1) {
    throw commandErrors.error('ambiguous', { option: '--series', matches: found.series.length })
  }
  const one = series === undefined ? found.series[0] : onlyOne(found.series, series, ({ seriesId }) => [seriesId])
  if (!one) throw commandErrors.error('no-study', { given: (series ?? study).slice(0, 40) })
  return { studyId: found.studyId, seriesId: one.seriesId }
}

const submit: Command = {
  usage: '--study STUDY [--series SERIES] --workload W [--urgency stat|urgent|routine] [--max-price CNY] [--key NAME]',
  about: {
    zh: '对一个序列下单分析；只有一个序列的检查可省略 --series',
    en: 'Order an analysis of one series; a study of one series needs no --series',
  },
  options: {
    study: { type: 'string' },
    series: { type: 'string' },
    workload: { type: 'string' },
    urgency: { type: 'string' },
    'max-price': { type: 'string' },
    key: { type: 'string' },
  },
  run: async (context) => {
    const { values } = context
    const asked = z.object({ urgency: Urgency.optional(), 'max-price': DecimalAmount.optional() }).safeParse(values)
    if (!asked.success)
      throw commandErrors.error('usage', { option: `--${String(asked.error.issues[0]?.path[0] ?? '')}` })
    if (typeof values.study !== 'string' || typeof values.workload !== 'string') {
      throw commandErrors.error('usage', { option: '--study, --workload' })
    }
    const wanted = await findSeries(context, values.study, values.series as string | undefined)
    const order = Order.parse(
      await (await site(context)).post('/site/v1/orders', {
        ...wanted,
        workload: values.workload,
        ...(typeof values.urgency === 'string' ? { urgency: values.urgency } : {}),
        maxPrice: String(values['max-price'] ?? '50.00'),
        ...(typeof values.key === 'string' ? { requestKey: values.key } : {}),
      }),
    )
    const placed = order.problem === null
    return {
      data: order,
      exit: placed ? EXIT.ok : EXIT.notPlaced,
      text: (locale) =>
        `${order.orderId}  ${order.stateText[locale]}${placed ? '' : `  ${problemWords(order.problem ?? '', locale)}`}`,
    }
  },
}

const list: Command = {
  usage: '',
  about: { zh: '列出订单', en: 'List orders' },
  run: async (context) => {
    const found = OrderList.parse(await (await site(context)).get('/site/v1/orders?limit=200'))
    return {
      data: found,
      text: (locale) =>
        formatTable(
          locale === 'zh' ? ['订单', '任务', '负载', '状态', '问题'] : ['order', 'job', 'workload', 'state', 'problem'],
          found.orders.map((o) => [
            o.orderId,
            o.jobId ?? '',
            o.workload,
            o.stateText[locale],
            o.problem ? problemWords(o.problem, locale) : '',
          ]),
        ),
    }
  },
}

const status: Command = {
  usage: '<order-or-job> [--watch]',
  about: {
    zh: '查看一个订单走到哪一步；--watch 一直看到结束',
    en: 'Show how far an order has come; --watch follows it to its end',
  },
  options: { watch: { type: 'boolean' } },
  takes: [1, 1],
  run: async (context) => {
    const { orderId } = await findOrder(context, context.positionals[0] as string)
    const client = await site(context)
    const read = async () => Explained.parse(await client.get(`/site/v1/orders/${orderId}`))
    let found = await read()
    let told = 0
    while (context.values.watch === true && !ENDED.includes(found.order.state) && !context.signal.aborted) {
      for (; told < found.steps.length; told++) {
        context.say(stepLines(found.steps[told] as OrderStep, context.locale))
      }
      await systemClock.sleep(500, context.signal)
      found = await read()
    }
    return {
      data: found,
      exit: found.order.state === 'failed' || found.order.state === 'refused' ? EXIT.failure : EXIT.ok,
      text: (locale: Locale) => {
        const left = found.steps.slice(told).map((step) => stepLines(step, locale))
        return [...left, found.order.stateText[locale]].join('\n')
      },
    }
  },
}

/** What these verbs read; what a newer site adds is passed over. */
const ExplainedOrder = z.object({
  order: Order.extend({ problemText: OrderProblem.optional() }),
  why: OrderWhy.optional(),
})
const Figures = z.object({ findings: ReportDetail.shape.findings, notForDiagnosis: Text })

/** Figures with their unit, region by region: what a person reads instead of the document. */
function figureLines(detail: z.infer<typeof Figures>, locale: Locale): string[] {
  const lines = detail.findings.flatMap(({ label, key, measurements }) => [
    key === 'series' ? (locale === 'zh' ? '整个序列' : 'Whole series') : label,
    ...measurements.map(
      ({ concept, value, unit }) => `  ${concept.meaning}  ${value} ${unit.value === '1' ? '' : unit.value}`,
    ),
  ])
  return [...lines, detail.notForDiagnosis[locale]]
}

const result: Command = {
  usage: '<order-or-job>',
  about: {
    zh: '取回归档的结果数值（--json 给出 FHIR）；不可用于诊断',
    en: 'Fetch the figures of the filed result (FHIR with --json); not for diagnosis',
  },
  takes: [1, 1],
  run: async (context) => {
    const order = await findOrder(context, context.positionals[0] as string)
    if (!order.reportId) throw commandErrors.error('no-result', { state: order.state })
    const client = await site(context)
    const report = (await client.get(`/site/v1/reports/${order.reportId}`)) as object
    const detail = Figures.parse(await client.get(`/site/v1/reports/${order.reportId}/detail`))
    return {
      data: { orderId: order.orderId, report },
      text: (locale) =>
        figureLines(detail, locale)
          .map((line) => line.trimEnd())
          .join('\n'),
    }
  },
}

/** Why an order goes no further, and each node with its own reason, the largest group first. */
function explainLines({ order, why }: z.infer<typeof ExplainedOrder>, locale: Locale): string[] {
  const problem = order.problemText
  const said = problem
    ? [problem.title, problem.notDone, problem.todo].map((text, at) => (at === 0 ? text[locale] : `  ${text[locale]}`))
    : [order.stateText[locale]]
  const chosen = why?.chosen ? [`${why.chosen.nodeName}  ${why.chosen.text[locale]}`] : []
  const groups = (why?.groups ?? []).flatMap(({ count, text, nodes }) => [
    `${String(count).padStart(4)}  ${text[locale]}`,
    ...nodes.map(({ nodeName, text: sentence }) => `      ${nodeName}  ${sentence[locale]}`),
  ])
  return [...said, ...chosen, ...groups]
}

const explain: Command = {
  usage: '<order-or-job>',
  about: {
    zh: '说明订单为何被拒绝，任务为何派给或没有派给各节点',
    en: 'Say why an order was refused, or why its job went to a node or to none',
  },
  takes: [1, 1],
  run: async (context) => {
    const { orderId } = await findOrder(context, context.positionals[0] as string)
    const detail = ExplainedOrder.parse(await (await site(context)).get(`/site/v1/orders/${orderId}`))
    const { order, why } = detail
    const { jobId, state, problemText: problem } = order
    return {
      data: { orderId, jobId, state, ...(problem ? { problem } : {}), ...(why ? { why } : {}) },
      text: (locale) => explainLines(detail, locale).join('\n'),
    }
  },
}

const cancel: Command = {
  usage: '<order-or-job>',
  about: {
    zh: '取消还没有结果的订单，冻结的款项退回',
    en: 'Cancel an order without a result yet; the hold is given back',
  },
  takes: [1, 1],
  run: async (context) => {
    const { orderId } = await findOrder(context, context.positionals[0] as string)
    const order = Order.parse(await (await site(context)).post(`/site/v1/orders/${orderId}/cancel`, {}))
    return { data: order, text: (locale) => `${order.orderId}  ${order.stateText[locale]}` }
  },
}

const ModelList = z.object({ models: z.array(z.object({ card: WorkloadCard })) })

const workloads: Command = {
  usage: '',
  about: {
    zh: '列出可以下单的分析：用途、适用影像与限制',
    en: 'List the analyses that can be ordered, with use and limits',
  },
  run: async (context) => {
    const hub = await connectTo('hub', dataDirectoryOf(context.env))
    const { models } = ModelList.parse(await hub.get('/hub/v1/models'))
    return {
      data: { workloads: models.map(({ card }) => card) },
      text: (locale) =>
        models
          .map(({ card }) => {
            const head = `${card.id} ${card.version}  ${card.title[locale]} (${card.modalities.join(', ')})`
            return `${head}\n  ${card.intendedUse[locale]}\n  ${card.limits[locale]}`
          })
          .join('\n'),
    }
  },
}

export const job: Noun = {
  about: { zh: '分析任务', en: 'Jobs' },
  verbs: { submit, list, status, result, explain, cancel, workloads },
}
