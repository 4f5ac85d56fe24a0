import { z } from 'zod'
import { JobState } from './compute.ts'
import { TimeZone } from './nodes.ts'
import { LocalText } from './workload.ts'

/** A decimal string with the asset's own decimals; `-` before what is less than nothing. */
export const SignedAmount = z.string().regex(/^-?\d{1,19}(\.\d{1,18})?$/)
export const AssetCode = z.string().regex(/^[A-Z][A-Z0-9.-]{1,31}$/)
/** A month of a calendar: `2026-11`. */
export const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/)

const parts = {
  /** In the books: credits less debits. */
  posted: SignedAmount,
  /** What can be spent now: booked less what is held. */
  available: SignedAmount,
  /** Set aside for something that is not settled yet. */
  held: SignedAmount,
  /** Set aside by somebody else for this account. */
  incoming: SignedAmount,
}

/** GET /hub/v1/wallet/balances: by asset, each the sum of the owner's sub-accounts. */
export const WalletBalances = z.strictObject({
  at: z.int(),
  balances: z.array(
    z.strictObject({
      asset: AssetCode,
      ...parts,
      accounts: z.array(
        z.strictObject({ kind: z.string(), kindText: LocalText, shard: z.int(), account: z.string(), ...parts }),
      ),
    }),
  ),
})
export type WalletBalances = z.infer<typeof WalletBalances>

/** Who stands on the other side: by name where the reader may know it, otherwise by kind. */
export const Counterparty = z.strictObject({ kind: LocalText, name: LocalText.optional() })
export type Counterparty = z.infer<typeof Counterparty>

/** Hold, payment and what came back, as one story of one job. Amounts are of the payer. */
export const JobStory = z.strictObject({
  jobId: z.string(),
  workload: z.string(),
  version: z.string(),
  title: LocalText.optional(),
  state: JobState,
  stateText: LocalText,
  /** The reader's organisation ordered it, so its page may be opened. */
  own: z.boolean(),
  orderedAt: z.int().optional(),
  held: SignedAmount.optional(),
  paid: SignedAmount.optional(),
  released: SignedAmount.optional(),
  /** Where what was paid went; only the payer is shown it. */
  parts: z.array(z.strictObject({ text: LocalText, to: Counterparty, amount: SignedAmount })).optional(),
  nodeName: z.string().optional(),
})
export type JobStory = z.infer<typeof JobStory>

export const WalletEntry = z.strictObject({
  /** Of the transfer; a move between two own accounts has two entries with one id. */
  id: z.string(),
  at: z.int(),
  asset: AssetCode,
  direction: z.enum(['in', 'out']),
  step: z.enum(['move', 'hold', 'post', 'void', 'reverse']),
  code: z.string().optional(),
  title: LocalText,
  /** What it did to the owner's booked balance, and to what can be spent. */
  effect: SignedAmount,
  availableEffect: SignedAmount,
  /** Hold: what was set aside. Post and void: what had been, and how much of it came free. */
  held: SignedAmount.optional(),
  released: SignedAmount.optional(),
  /** The owner's booked balance of the asset after it, over all sub-accounts. */
  balanceAfter: SignedAmount,
  /** Between sub-accounts of the owner: it changes nothing for the owner, whatever it moved. */
  internal: z.boolean(),
  moved: SignedAmount,
  account: z.strictObject({ kind: z.string(), shard: z.int() }),
  counterparty: Counterparty.optional(),
  reference: z.string().optional(),
  story: JobStory.optional(),
})
export type WalletEntry = z.infer<typeof WalletEntry>

/** Query of GET /hub/v1/wallet/entries and of the CSV. */
export const WalletFilter = z.object({
  asset: AssetCode.optional(),
  direction: z.enum(['in', 'out']).optional(),
  code: z
    .string()
    .regex(/^[a-z][a-z-]{1,31}$/)
    .optional(),
  /** Milliseconds since the epoch; `until` is exclusive. */
  from: z.coerce.number().int().min(0).optional(),
  until: z.coerce.number().int().min(0).optional(),
  /** Part of a reference or of a transfer's id. */
  text: z.string().trim().max(80).optional(),
})
export type WalletFilter = z.infer<typeof WalletFilter>

export const WalletQuery = WalletFilter.extend({
  after: z.string().max(4_000).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export type WalletQuery = z.infer<typeof WalletQuery>

export const WalletPage = z.strictObject({
  entries: z.array(WalletEntry),
  /** Give it as `after` to read on; absent at the end. A page may be empty and still have one: go on from there. */
  next: z.string().optional(),
  /** How far back was looked, when the page ended before the end of the books. */
  lookedBackTo: z.int().optional(),
  /** Every code that an entry may have, for a filter. */
  codes: z.array(z.strictObject({ code: z.string(), text: LocalText })),
})
export type WalletPage = z.infer<typeof WalletPage>

/** Query of GET /hub/v1/wallet/statement and statement.csv. */
export const StatementQuery = z.object({
  asset: AssetCode,
  month: Month,
  zone: TimeZone.default('UTC'),
  /** Language of the CSV; the reader's own unless told. */
  words: z.enum(['zh', 'en']).optional(),
})
export type StatementQuery = z.infer<typeof StatementQuery>

/** One month of one asset, oldest entry first. opening + in − out = closing; a hub that finds otherwise refuses. */
export const WalletStatement = z.strictObject({
  organisation: z.strictObject({ orgId: z.string(), name: LocalText.optional(), sample: z.boolean() }),
  asset: AssetCode,
  month: Month,
  zone: z.string(),
  from: z.int(),
  until: z.int(),
  madeAt: z.int(),
  opening: SignedAmount,
  entries: z.array(WalletEntry),
  totals: z.strictObject({
    in: SignedAmount,
    out: SignedAmount,
    byCode: z.array(
      z.strictObject({ code: z.string(), text: LocalText, in: SignedAmount, out: SignedAmount, count: z.int() }),
    ),
  }),
  closing: SignedAmount,
  /** Held at this moment, not at the end of the month; only in a month that has not ended. */
  heldNow: SignedAmount.optional(),
})
export type WalletStatement = z.infer<typeof WalletStatement>
