import { readFile } from 'node:fs/promises'
import { systemClock } from '@bithive/kernel/clock'
import { sha256Hex } from '@bithive/kernel/ids'
import { z } from 'zod'
import type { Command, Noun } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { connectTo } from './command/service-client.ts'
import { formatTable } from './command/table.ts'

const DAY_MS = 86_400_000

const Consent = z.object({
  consentId: z.string(),
  personId: z.string(),
  purpose: z.string(),
  dataClass: z.string(),
  recipientKinds: z.array(z.string()),
  jurisdictions: z.array(z.string()),
  from: z.number(),
  to: z.number(),
  revokedAt: z.number().nullable(),
})
const ConsentList = z.object({ consents: z.array(Consent) })

const listOf = (value: unknown) =>
  String(value)
    .split(',')
    .map((item) => item.trim())

const give: Command = {
  usage:
    '--person PER --evidence FILE [--purpose care] [--data imaging] [--to home,hospital,...] [--in CN] [--days 365]',
  about: {
    zh: '登记患者的授权同意（附签署文件，只记录其哈希）',
    en: 'Record a patient consent, with the signed file (only its hash is kept)',
  },
  options: {
    person: { type: 'string' },
    evidence: { type: 'string' },
    purpose: { type: 'string' },
    data: { type: 'string' },
    to: { type: 'string' },
    in: { type: 'string' },
    days: { type: 'string' },
  },
  run: async ({ values, env }) => {
    if (typeof values.person !== 'string' || typeof values.evidence !== 'string') {
      throw commandErrors.error('usage', { option: '--person, --evidence' })
    }
    const days = z.coerce
      .number()
      .int()
      .min(1)
      .max(3650)
      .safeParse(values.days ?? '365')
    if (!days.success) throw commandErrors.error('usage', { option: '--days' })
    const evidence = await readFile(values.evidence).catch((error) => {
      throw commandErrors.error('no-file', { option: '--evidence' }, error)
    })
    const site = await connectTo('site', dataDirectoryOf(env))
    const from = systemClock.now()
    const given = Consent.parse(
      await site.post('/site/v1/consents', {
        personId: values.person,
        purpose: values.purpose ?? 'care',
        dataClass: values.data ?? 'imaging',
        recipientKinds: listOf(values.to ?? 'home,hospital,computing-centre,data-centre'),
        jurisdictions: listOf(values.in ?? 'CN'),
        ...{ from, to: from + days.data * DAY_MS, evidenceSha256: sha256Hex(evidence) },
      }),
    )
    return { data: given, text: () => given.consentId }
  },
}

const list: Command = {
  usage: '--person PER',
  about: { zh: '查看一位患者的授权同意', en: "Show a patient's consents" },
  options: { person: { type: 'string' } },
  run: async ({ values, env }) => {
    if (typeof values.person !== 'string') throw commandErrors.error('usage', { option: '--person' })
    const site = await connectTo('site', dataDirectoryOf(env))
    const query = new URLSearchParams({ personId: values.person })
    const found = ConsentList.parse(await site.get(`/site/v1/consents?${query}`))
    return {
      data: found,
      text: (locale) =>
        formatTable(
          locale === 'zh'
            ? ['同意书', '目的', '数据', '给谁', '到期', '撤回']
            : ['consent', 'purpose', 'data', 'to', 'until', 'withdrawn'],
          found.consents.map((c) => [
            c.consentId,
            c.purpose,
            c.dataClass,
            c.recipientKinds.join(','),
            new Date(c.to).toISOString().slice(0, 10),
            c.revokedAt === null ? '' : new Date(c.revokedAt).toISOString().slice(0, 10),
          ]),
        ),
    }
  },
}

const withdraw: Command = {
  usage: '<consent-id> --reason TEXT',
  about: { zh: '撤回授权同意，立即生效', en: 'Withdraw a consent, at once' },
  options: { reason: { type: 'string' } },
  takes: [1, 1],
  run: async ({ values, positionals, env }) => {
    if (typeof values.reason !== 'string') throw commandErrors.error('usage', { option: '--reason' })
    const site = await connectTo('site', dataDirectoryOf(env))
    const path = `/site/v1/consents/${encodeURIComponent(positionals[0] as string)}`
    const withdrawn = Consent.parse(await site.remove(path, { reason: values.reason }))
    return { data: withdrawn, text: (locale) => (locale === 'zh' ? '已撤回' : 'Withdrawn') }
  },
}

export const consent: Noun = { about: { zh: '授权同意', en: 'Consents' }, verbs: { give, list, withdraw } }
