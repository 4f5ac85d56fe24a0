import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Decision, deny } from './actor.ts'
import { defineErrors } from './errors.ts'

/** What an operator's rules can open. Whatever no rule opens is shut. */
export const Activity = z.enum([
  'settle-in-ledger-token',
  'issue-sample-funding',
  'quote-at-sample-rate',
  'closed-credits',
  'chain',
  'custody',
  'conversion',
  'bank-funding',
  'money-supply',
  'supporter-grants',
  'asset-tokens',
  'exchange',
])
export type Activity = z.infer<typeof Activity>

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

/** A pair that may be converted while its dates hold; without one, nothing converts even where `conversion` is open. */
const ConversionPair = z.strictObject({
  base: z.string().regex(/^[A-Z]{2,12}$/),
  quote: z.string().regex(/^[A-Z]{2,12}$/),
  from: day,
  to: day.nullable(),
  /** True where the rate is no market price and says so beside every figure. */
  sample: z.boolean(),
  /** Names of the rate sources that are heard, and how many of them must agree. */
  rateSources: z.array(z.string().regex(/^[a-z][a-z0-9-]{1,38}$/)).min(1),
  quorum: z.number().int().min(1),
  source: z.string().min(1),
})
export type ConversionPair = z.infer<typeof ConversionPair>

const RulesFile = z.strictObject({
  profile: z.string(),
  /** True for rules that exist for trying out and belong to no jurisdiction. */
  sample: z.boolean(),
  title: z.strictObject({ zh: z.string(), en: z.string() }),
  /** ISO 3166 code that the operator's nodes and data count as by default. */
  jurisdiction: z.string().regex(/^[A-Z]{2}$/),
  accountingCurrency: z.literal('CNY'),
  settlementAsset: z.enum(['BTT', 'CNY']),
  opens: z.array(z.strictObject({ activity: Activity, from: day, to: day.nullable(), source: z.string().min(1) })),
  conversionPairs: z.array(ConversionPair).default([]),
})
export type RulesFile = z.infer<typeof RulesFile>

export const ruleErrors = defineErrors('rules', {
  'no-rules': {
    status: 422,
    retryable: false,
    zh: {
      title: '没有这个法域的规则文件',
      notDone: '没有启动。',
      todo: '请改用已有的规则（sample、cn），或添加规则文件。',
    },
    en: {
      title: 'There is no rules file for this jurisdiction',
      notDone: 'Nothing was started.',
      todo: 'Use one that exists (sample, cn), or add a rules file.',
    },
  },
  shut: {
    status: 403,
    retryable: false,
    zh: { title: '当地规则没有开放此项业务', notDone: '没有执行任何操作。', todo: '请向运营者了解适用的规则。' },
    en: {
      title: 'The rules that apply here do not open this',
      notDone: 'Nothing was done.',
      todo: 'Ask the operator which rules apply.',
    },
  },
})

export type Rules = RulesFile & {
  /** Deny by default: open only when a dated rule says so at this moment (UTC days, both ends included). */
  readonly allows: (activity: Activity, at: number) => Decision
  /** @throws rules.shut */
  readonly mustAllow: (activity: Activity, at: number) => void
}

export function createRules(file: RulesFile): Rules {
  const allows = (activity: Activity, at: number): Decision => {
    const today = new Date(at).toISOString().slice(0, 10)
    const open = file.opens.some(
      (rule) => rule.activity === activity && rule.from <= today && (rule.to === null || today <= rule.to),
    )
    return open ? { ok: true } : deny(`rules.${activity}`)
  }
  return {
    ...file,
    allows,
    mustAllow: (activity, at) => {
      if (!allows(activity, at).ok) throw ruleErrors.error('shut', { activity, profile: file.profile })
    },
  }
}

/** Reads `rules/<profile>.json`. @throws rules.no-rules */
export async function readRules(profile: string): Promise<Rules> {
  const path = new URL(`../../../rules/${profile}.json`, import.meta.url)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw ruleErrors.error('no-rules', { profile }, error)
  }
  return createRules(RulesFile.parse(JSON.parse(text)))
}
