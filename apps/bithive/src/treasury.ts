import { randomUUID } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import {
  FeesAnswer,
  FundingView,
  GrantsAnswer,
  QuotesAnswer,
  QuoteView,
  RatesAnswer,
  SupplyView,
} from '@bithive/api/treasury'
import { StatementTaken } from '@bithive/api/treasury-statements'
import { callService } from './command/call-service.ts'
import type { Command, Noun } from './command/command.ts'
import { EXIT } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { connectTo, readConnections } from './command/service-client.ts'
import { formatTable } from './command/table.ts'

const BASE = '/hub/v1/treasury'
const MAX_STATEMENT_BYTES = 8 * 1_048_576

const when = (ms: number | null) =>
  ms === null ? '—' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} Z`
const STATES: Readonly<Record<string, { zh: string; en: string }>> = {
  ok: { zh: '可用', en: 'counts' },
  stale: { zh: '过期，兑换暂停', en: 'stale, conversion stopped' },
  'no-quorum': { zh: '来源不一致，兑换暂停', en: 'no quorum, conversion stopped' },
  jump: { zh: '变动过大，兑换暂停', en: 'jumped, conversion stopped' },
  clock: { zh: '时钟异常，兑换暂停', en: 'clock went back, conversion stopped' },
  none: { zh: '没有来源', en: 'nobody has spoken' },
  quoted: { zh: '已报价，未兑换', en: 'quoted, nothing converted' },
  expired: { zh: '报价已过期', en: 'the quote has expired' },
  unknown: { zh: '结果未知，请不要再兑换一次', en: 'unknown yet: do not convert again' },
  converted: { zh: '已兑换', en: 'converted' },
  refused: { zh: '没有兑换', en: 'not converted' },
}
const wordOf = (state: string, locale: 'zh' | 'en') => STATES[state]?.[locale] ?? state

const hub = (env: Readonly<Record<string, string | undefined>>) => connectTo('hub', dataDirectoryOf(env))

const rates: Command = {
  usage: '',
  about: { zh: '查看汇率：来源、时间、价差、是否可用', en: 'Show rates: sources, age, spread, whether they count' },
  run: async ({ env }) => {
    const found = RatesAnswer.parse(await (await hub(env)).get(`${BASE}/rates`))
    return {
      data: found,
      text: (locale) => {
        if (!found.conversionOpen) {
          return locale === 'zh' ? '适用的规则没有开放任何兑换。' : 'The rules that apply open no conversion.'
        }
        const zh = ['币种对', '汇率', '状态', '来源', '观测时间', '价差', '说明']
        const en = ['pair', 'rate', 'state', 'sources', 'observed', 'spread', 'note']
        const rows = found.rates.map((r) => [
          ...[r.pair, r.price ?? '—', wordOf(r.state, locale), r.used.join(' '), when(r.observedAt)],
          `${Number(r.spreadBps) / 100}%`,
          r.sample ? (locale === 'zh' ? '样例，非市场价格' : 'sample, no market price') : '',
        ])
        return formatTable(locale === 'zh' ? zh : en, rows, [1])
      },
    }
  },
}

const convert: Command = {
  usage: '--pair BTT-CNY --sell AMOUNT [--from base|quote] [--dry-run]',
  about: {
    zh: '按报价兑换；--dry-run 只询价，不兑换',
    en: 'Convert at a quote; --dry-run asks for the quote only',
  },
  options: {
    pair: { type: 'string' },
    sell: { type: 'string' },
    from: { type: 'string' },
    'dry-run': { type: 'boolean' },
  },
  run: async ({ values, env }) => {
    const from = values.from ?? 'base'
    if (
      typeof values.pair !== 'string' ||
      typeof values.sell !== 'string' ||
      !['base', 'quote'].includes(String(from))
    ) {
      throw commandErrors.error('usage', { option: '--pair, --sell, --from' })
    }
    const client = await hub(env)
    const order = { pair: values.pair, side: from === 'base' ? 'sell-base' : 'sell-quote', sell: values.sell }
    const quote = QuoteView.parse(await client.post(`${BASE}/quotes`, order))
    const dryRun = values['dry-run'] === true
    const done = dryRun ? quote : QuoteView.parse(await client.post(`${BASE}/quotes/${quote.quoteId}/accept`, {}))
    return {
      data: done,
      exit: done.state === 'refused' ? EXIT.failure : EXIT.ok,
      text: (locale) => {
        const zh = ['卖出', '其中手续费', '买入', '汇率', '状态']
        const en = ['sell', 'of it fee', 'buy', 'rate', 'state']
        const row = [`${done.sell} ${done.sellAsset}`, done.fee, `${done.buy} ${done.buyAsset}`, done.price]
        return formatTable(locale === 'zh' ? zh : en, [[...row, wordOf(done.state, locale)]], [0, 1, 2, 3])
      },
    }
  },
}

const conversions: Command = {
  usage: '',
  about: { zh: '列出兑换', en: 'List conversions' },
  run: async ({ env }) => {
    const found = QuotesAnswer.parse(await (await hub(env)).get(`${BASE}/conversions`))
    return {
      data: found,
      text: (locale) =>
        formatTable(
          locale === 'zh' ? ['时间', '卖出', '买入', '状态'] : ['time', 'sell', 'buy', 'state'],
          found.conversions.map((q) => [
            ...[when(q.createdAt), `${q.sell} ${q.sellAsset}`, `${q.buy} ${q.buyAsset}`, wordOf(q.state, locale)],
          ]),
          [1, 2],
        ),
    }
  },
}

const supply: Command = {
  usage: '',
  about: { zh: '每一枚 BTT 在哪个账户', en: 'Which account each BTT lies in' },
  run: async ({ env }) => {
    const found = SupplyView.parse(await (await hub(env)).get(`${BASE}/supply`))
    return {
      data: found,
      exit: /^-?0\.0+$/.test(found.difference) ? EXIT.ok : EXIT.failure,
      text: (locale) => {
        const rows = found.lines.map((line) => [line.text[locale], String(line.accounts), line.amount])
        const sum = locale === 'zh' ? '合计' : 'Total'
        const how =
          locale === 'zh'
            ? `创世 ${found.genesis} + 增发 ${found.emission} − 销毁 ${found.burned}，差额 ${found.difference}`
            : `genesis ${found.genesis} + emission ${found.emission} − burned ${found.burned}, difference ${found.difference}`
        const headers = locale === 'zh' ? ['账户', '数量', '金额'] : ['account', 'number', 'amount']
        return `${formatTable(headers, [...rows, [sum, '', found.total]], [1, 2])}\n${how}`
      },
    }
  },
}

const fees: Command = {
  usage: '',
  about: { zh: '查看费率表', en: 'Show the fee schedule' },
  run: async ({ env }) => {
    const found = FeesAnswer.parse(await (await hub(env)).get(`${BASE}/fees`))
    return {
      data: found,
      text: (locale) =>
        formatTable(
          locale === 'zh' ? ['费用', '现行', '范围'] : ['fee', 'now', 'bounds'],
          found.fees.map((f) => [
            ...[f.text[locale], `${Number(f.value) / 100}%`, `${Number(f.min) / 100}–${Number(f.max) / 100}%`],
          ]),
          [1],
        ),
    }
  },
}

/** Sends the file as it is: what the hub hashes is what the bank gave. */
async function upload(env: Readonly<Record<string, string | undefined>>, path: string): Promise<unknown> {
  const facts = await stat(path).catch(() => undefined)
  if (!facts?.isFile() || facts.size > MAX_STATEMENT_BYTES)
    throw commandErrors.error('usage', { option: '--statement' })
  const { url } = await hub(env)
  const { hub: connection } = await readConnections(dataDirectoryOf(env))
  const credential: Record<string, string> = connection?.token
    ? { authorization: `Bearer ${connection.token}` }
    : { cookie: connection?.cookie ?? '', origin: url }
  const headers = { ...credential, 'content-type': 'application/octet-stream' }
  const body = await readFile(path, 'utf8')
  const { text } = await callService(url, `${BASE}/statements`, { method: 'POST', headers, body })
  return JSON.parse(text)
}

/** What has to happen next, in whole sentences: one person's upload books nothing. */
function afterUpload(statement: StatementTaken['taken'][number]['statement'], locale: 'zh' | 'en'): string {
  const { bankId, fileSha256, proposalId, refusal, state } = statement
  if (state === 'refused')
    return locale === 'zh' ? `\n${bankId} 已拒绝：${refusal}` : `\n${bankId} was refused: ${refusal}`
  if (state !== 'taken') return ''
  const next = `bithive treasury decide ${proposalId} --approve`
  return locale === 'zh'
    ? `\n${bankId} 等另一人批准，尚未入账。SHA-256 ${fileSha256}\n由另一人执行：${next}`
    : `\n${bankId} waits for a second person; nothing is booked. SHA-256 ${fileSha256}\nAnother person runs: ${next}`
}

const fund: Command = {
  usage: '[--statement FILE]',
  about: {
    zh: '查看付款参考号与到账；运营方用 --statement 上传银行对账单，由另一人批准后入账',
    en: 'Show the payment reference and what arrived; --statement takes a statement in, which another person approves',
  },
  options: { statement: { type: 'string' } },
  run: async ({ values, env }) => {
    if (typeof values.statement === 'string') {
      const { taken } = StatementTaken.parse(await upload(env, values.statement))
      return {
        data: { taken },
        text: (locale) =>
          formatTable(
            locale === 'zh'
              ? ['对账单', '期末余额', '已归属', '待查', '转出', '说明']
              : ['statement', 'closing', 'matched', 'unmatched', 'outgoing', 'note'],
            taken.map((t) => [
              ...[t.statement.bankId, `${t.statement.closing} ${t.statement.currency}`, String(t.matched)],
              ...[String(t.unmatched), String(t.outgoing)],
              t.again ? (locale === 'zh' ? '以前已上传，没有变化' : 'taken before, nothing changed') : '',
            ]),
            [2, 3, 4],
          ) + taken.map((t) => afterUpload(t.statement, locale)).join(''),
      }
    }
    const client = await hub(env)
    const first = FundingView.parse(await client.get(`${BASE}/funding`))
    const found = first.reference || !first.open ? first : FundingView.parse(await client.post(`${BASE}/funding`, {}))
    return {
      data: found,
      text: (locale) => {
        const [account] = found.accounts
        const lines =
          locale === 'zh'
            ? [
                `收款账户：${account?.account ?? '—'}（${account?.bank ?? ''}）`,
                `付款参考号：${found.spacedReference ?? '—'}`,
              ]
            : [
                `Account: ${account?.account ?? '—'} (${account?.bank ?? ''})`,
                `Reference: ${found.spacedReference ?? '—'}`,
              ]
        const rows = found.deposits.map((d) => [d.bookedOn, `${d.amount} ${d.currency}`])
        const headers = locale === 'zh' ? ['到账日', '金额'] : ['booked', 'amount']
        return rows.length === 0 ? lines.join('\n') : [...lines, formatTable(headers, rows, [1])].join('\n')
      },
    }
  },
}

const grants: Command = {
  usage: '',
  about: { zh: '查看授予：总额、已归属、已释放', en: 'Show grants: granted, vested, released' },
  run: async ({ env }) => {
    const found = GrantsAnswer.parse(await (await hub(env)).get(`${BASE}/grants`))
    return {
      data: found,
      text: (locale) =>
        formatTable(
          locale === 'zh'
            ? ['授予', '总额', '已归属', '已释放', '下次']
            : ['grant', 'granted', 'vested', 'released', 'next'],
          found.grants.map((g) => [g.grantId.slice(0, 12), g.amount, g.vested, g.released, when(g.nextAt)]),
          [1, 2, 3],
        ),
    }
  },
}

const ProposalAnswer = (value: unknown) => value as { proposalId: string; state: string; problem: string | null }

const propose: Command = {
  usage: '<file.json> --reason TEXT [--key NAME] [--dry-run]',
  about: {
    zh: '提出一项须由另一人批准的变更（JSON 见文档）',
    en: 'Propose a change that another person must approve (JSON as documented)',
  },
  options: { reason: { type: 'string' }, key: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  takes: [1, 1],
  run: async ({ values, positionals, env }) => {
    if (typeof values.reason !== 'string') throw commandErrors.error('usage', { option: '--reason' })
    let proposal: unknown
    try {
      proposal = JSON.parse(await readFile(positionals[0] as string, 'utf8'))
    } catch (error) {
      throw commandErrors.error('usage', { option: 'file.json' }, error)
    }
    const requestKey = typeof values.key === 'string' ? values.key : randomUUID()
    const body = { proposal, reason: values.reason, requestKey }
    if (values['dry-run'] === true) return { data: body, text: () => JSON.stringify(body, null, 2) }
    const made = ProposalAnswer(await (await hub(env)).post(`${BASE}/proposals`, body))
    return { data: made, text: () => `${made.proposalId}  ${made.state}` }
  },
}

const decide: Command = {
  usage: '<proposal> --approve | --reject [--reason TEXT]',
  about: { zh: '由另一人批准或否决一项提议', en: 'Approve or reject what another person proposed' },
  options: { approve: { type: 'boolean' }, reject: { type: 'boolean' }, reason: { type: 'string' } },
  takes: [1, 1],
  run: async ({ values, positionals, env }) => {
    const approve = values.approve === true
    if (approve === (values.reject === true)) throw commandErrors.error('usage', { option: '--approve, --reject' })
    const reason = typeof values.reason === 'string' ? { reason: values.reason } : {}
    const path = `${BASE}/proposals/${encodeURIComponent(positionals[0] as string)}/decision`
    const done = ProposalAnswer(await (await hub(env)).post(path, { approve, ...reason }))
    return {
      data: done,
      exit: done.state === 'refused' ? EXIT.failure : EXIT.ok,
      text: () => `${done.proposalId}  ${done.state}${done.problem ? `  ${done.problem}` : ''}`,
    }
  },
}

export const treasury: Noun = {
  about: { zh: '汇率、兑换、供应、入账与授予', en: 'Rates, conversion, supply, funding and grants' },
  verbs: { rates, convert, conversions, supply, fees, fund, grants, propose, decide },
}
