import { z } from 'zod'
import type { Command, Noun } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { connectTo } from './command/service-client.ts'
import { formatTable } from './command/table.ts'

const BalanceList = z.object({
  balances: z.array(
    z.object({
      asset: z.string(),
      kind: z.string(),
      posted: z.string(),
      pendingOut: z.string(),
      pendingIn: z.string(),
      available: z.string(),
    }),
  ),
})
const EntryList = z.object({
  entries: z.array(
    z.object({
      id: z.string(),
      asset: z.string(),
      direction: z.enum(['in', 'out']),
      step: z.string(),
      amount: z.string(),
      code: z.string().optional(),
      text: z.object({ zh: z.string(), en: z.string() }).optional(),
      reference: z.string().optional(),
      at: z.string(),
      postedAfter: z.string(),
    }),
  ),
  next: z.string().optional(),
})

const balance: Command = {
  usage: '',
  about: { zh: '查看余额', en: 'Show balances' },
  run: async ({ env }) => {
    const hub = await connectTo('hub', dataDirectoryOf(env))
    const { balances } = BalanceList.parse(await hub.get('/hub/v1/ledger/balances'))
    return {
      data: { balances },
      text: (locale) => {
        const headers = locale === 'zh' ? ['资产', '可用', '已冻结', '账面'] : ['asset', 'available', 'held', 'posted']
        return formatTable(
          headers,
          balances.map((b) => [b.asset, b.available, b.pendingOut, b.posted]),
          [1, 2, 3],
        )
      },
    }
  },
}

const history: Command = {
  usage: '[--after CURSOR] [--limit N]',
  about: { zh: '查看收支明细', en: 'Show entries' },
  options: { after: { type: 'string' }, limit: { type: 'string' } },
  run: async ({ values, env }) => {
    const hub = await connectTo('hub', dataDirectoryOf(env))
    const query = new URLSearchParams()
    if (typeof values.after === 'string') query.set('after', values.after)
    query.set('limit', String(values.limit ?? '50'))
    const page = EntryList.parse(await hub.get(`/hub/v1/ledger/entries?${query}`))
    return {
      data: page,
      text: (locale) => {
        const headers =
          locale === 'zh'
            ? ['时间', '金额', '资产', '事由', '余额', '关联']
            : ['time', 'amount', 'asset', 'what', 'balance', 'reference']
        const rows = page.entries.map((e) => [
          `${e.at.slice(0, 19).replace('T', ' ')} Z`,
          `${e.direction === 'in' ? '+' : '−'}${e.amount}`,
          e.asset,
          e.text?.[locale] ?? e.code ?? e.step,
          e.postedAfter,
          e.reference ?? '',
        ])
        return formatTable(headers, rows, [1, 4])
      },
    }
  },
}

export const wallet: Noun = { about: { zh: '钱包', en: 'Wallet' }, verbs: { balance, history } }
