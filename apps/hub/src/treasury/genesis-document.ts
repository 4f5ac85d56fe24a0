import { canonicalJson, type Json } from '@bithive/kernel/canonical-json'
import { sha256Hex } from '@bithive/kernel/ids'
import { MAX_AMOUNT, parseAmount } from '@bithive/kernel/money'
import { z } from 'zod'
import { treasuryErrors } from './errors.ts'
import { PURPOSE } from './network-accounts.ts'

const Text = z.strictObject({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) })

/** Says, once and for all, who holds the first units of an asset and what for. */
export const GenesisDocument = z.strictObject({
  schema: z.literal('bithive.genesis.v1'),
  asset: z.literal('BTT'),
  /** True for units that exist for trying out and stand for nothing. */
  sample: z.boolean(),
  title: Text,
  accounts: z
    .array(
      z.strictObject({
        purpose: z.string().regex(PURPOSE),
        text: Text,
        amount: z.string().regex(/^\d{1,13}(\.\d{1,6})?$/),
      }),
    )
    .min(1)
    .max(50),
  /** Epochs of the emission are counted from here and last this long; neither ever changes. */
  emission: z.strictObject({ startsAt: z.iso.datetime(), epochMs: z.int().min(60_000).max(31_622_400_000) }),
})
export type GenesisDocument = z.infer<typeof GenesisDocument>

export type ReadGenesis = {
  readonly document: GenesisDocument
  /** SHA-256 of the document in canonical JSON (RFC 8785). */
  readonly hash: string
  readonly text: string
  readonly amounts: ReadonlyMap<string, bigint>
  readonly total: bigint
}

/** @throws treasury.bad-proposal when it is no such document, names a purpose twice, or issues more than can be */
export function readGenesis(value: unknown): ReadGenesis {
  const read = GenesisDocument.safeParse(value)
  if (!read.success) {
    throw treasuryErrors.error('bad-proposal', { path: `/${read.error.issues[0]?.path.join('/') ?? ''}`.slice(0, 60) })
  }
  const document = read.data
  const amounts = new Map(document.accounts.map(({ purpose, amount }) => [purpose, parseAmount(amount, 6)]))
  const total = [...amounts.values()].reduce((sum, amount) => sum + amount, 0n)
  const positive = [...amounts.values()].every((amount) => amount > 0n)
  // Half of the largest amount is left for what is emitted later.
  if (amounts.size !== document.accounts.length || !positive || total > MAX_AMOUNT / 2n) {
    throw treasuryErrors.error('bad-proposal', { path: '/accounts' })
  }
  const text = canonicalJson(document as unknown as Json)
  return { document, hash: sha256Hex(text), text, amounts, total }
}
