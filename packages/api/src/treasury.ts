import { z } from 'zod'

const Amount = z.string().regex(/^\d{1,13}(\.\d{1,6})?$/)
const SignedAmount = z.string().regex(/^-?\d{1,19}(\.\d{1,6})?$/)
const AssetCode = z.string().regex(/^[A-Z]{2,12}$/)
export const PairName = z.string().regex(/^[A-Z]{2,12}-[A-Z]{2,12}$/)
const Purpose = z.string().regex(/^[a-z][a-z0-9-]{1,30}$/)
const OrgId = z.string().regex(/^org_[0-9a-z]{26}$/)
const Id = z.string().max(80)
const Ms = z.number().int()
const Text = z.object({ zh: z.string(), en: z.string() })
const Whole = z.string().regex(/^\d{1,19}$/)

export const RateStateName = z.enum(['ok', 'stale', 'no-quorum', 'jump', 'clock', 'none'])

/** One pair as it stands. `num` smallest units of quote are worth `den` smallest units of base. */
export const RateView = z.object({
  pair: PairName,
  base: AssetCode,
  quote: AssetCode,
  sample: z.boolean(),
  state: RateStateName,
  /** Whole quote units for one whole base unit, for people; the ratio is exact. */
  price: z.string().nullable(),
  num: Whole.nullable(),
  den: Whole.nullable(),
  version: z.number().int().nullable(),
  observedAt: Ms.nullable(),
  ageMs: Ms.nullable(),
  expiresAt: Ms.nullable(),
  /** What the median would be but for the jump that stopped the pair. */
  waitingPrice: z.string().nullable(),
  spreadBps: z.string(),
  feeBps: z.string(),
  quorum: z.number().int(),
  used: z.array(z.string()),
  leftOut: z.array(z.object({ source: z.string(), reason: z.enum(['stale', 'outlier', 'future']) })),
  sources: z.array(z.object({ source: z.string(), price: z.string(), observedAt: Ms, receivedAt: Ms })),
  /** From the rules: why the pair may be converted at all. */
  because: z.string(),
})
export type RateView = z.infer<typeof RateView>
export const RatesAnswer = z.object({
  conversionOpen: z.boolean(),
  rates: z.array(RateView),
  caps: z.object({ order: z.string(), ownerDay: z.string(), day: z.string(), currency: AssetCode }),
})
export type RatesAnswer = z.infer<typeof RatesAnswer>

export const RateHistory = z.object({
  pair: PairName,
  versions: z.array(
    z.object({
      version: z.number().int(),
      price: z.string(),
      num: Whole,
      den: Whole,
      observedAt: Ms,
      setAt: Ms,
      sources: z.array(z.string()),
      leftOut: z.array(z.string()),
    }),
  ),
})
export type RateHistory = z.infer<typeof RateHistory>

export const QuoteOrder = z.strictObject({
  pair: PairName,
  side: z.enum(['sell-base', 'sell-quote']),
  /** What the owner gives, fee included, in whole units of the asset that is sold. */
  sell: Amount,
})
export type QuoteOrder = z.infer<typeof QuoteOrder>

/** `unknown`: accepted, and the ledger has not answered yet; it is carried on with, and never done twice. */
export const QuoteState = z.enum(['quoted', 'expired', 'unknown', 'converted', 'refused'])
export const QuoteView = z.object({
  quoteId: Id,
  pair: PairName,
  side: z.enum(['sell-base', 'sell-quote']),
  sellAsset: AssetCode,
  buyAsset: AssetCode,
  sell: z.string(),
  fee: z.string(),
  buy: z.string(),
  price: z.string(),
  rateVersion: z.number().int(),
  spreadBps: z.string(),
  feeBps: z.string(),
  sample: z.boolean(),
  state: QuoteState,
  problem: z.string().nullable(),
  createdAt: Ms,
  expiresAt: Ms,
  acceptedAt: Ms.nullable(),
  endedAt: Ms.nullable(),
})
export type QuoteView = z.infer<typeof QuoteView>
export const QuotesAnswer = z.object({ conversions: z.array(QuoteView) })
export type QuotesAnswer = z.infer<typeof QuotesAnswer>

/** One line of the page that explains every unit of an asset. `held` is part of `amount`. */
export const SupplyLine = z.object({
  owners: z.string(),
  kind: z.string(),
  accounts: z.number().int(),
  amount: SignedAmount,
  held: SignedAmount,
  text: Text,
})
export const SupplyView = z.object({
  asset: AssetCode,
  sample: z.boolean(),
  total: SignedAmount,
  genesis: SignedAmount,
  emission: SignedAmount,
  burned: SignedAmount,
  /** What a sample hub issued before there was a genesis. */
  beforeGenesis: SignedAmount,
  lines: z.array(SupplyLine),
  /** Genesis plus emission less burned, less the sum of the lines: 0 unless something is wrong. */
  difference: SignedAmount,
  document: z
    .object({
      hash: z.string(),
      at: Ms,
      title: Text,
      accounts: z.array(z.object({ purpose: z.string(), text: Text, amount: Amount })),
      epochMs: z.number().int(),
    })
    .nullable(),
  emissionState: z.object({
    state: z.enum(['none', 'running', 'too-many-due']),
    endedEpochs: Whole,
    writtenEpochs: Whole,
    nextAmount: SignedAmount,
  }),
})
export type SupplyView = z.infer<typeof SupplyView>

export const FeeView = z.object({
  name: z.string(),
  text: Text,
  unit: z.literal('bps'),
  value: Whole,
  min: Whole,
  max: Whole,
  versions: z.array(
    z.object({
      version: z.number().int(),
      value: Whole,
      effectiveFrom: Ms,
      proposedBy: z.string(),
      approvedBy: z.string(),
      reason: z.string(),
      at: Ms,
    }),
  ),
})
export const FeesAnswer = z.object({ fees: z.array(FeeView) })
export type FeesAnswer = z.infer<typeof FeesAnswer>

export const ParameterView = z.object({
  name: z.string(),
  text: Text,
  unit: z.string(),
  value: SignedAmount,
  min: SignedAmount,
  max: SignedAmount,
})
export const ParametersAnswer = z.object({ parameters: z.array(ParameterView) })
export type ParametersAnswer = z.infer<typeof ParametersAnswer>

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const price = z.string().regex(/^\d{1,12}(\.\d{1,8})?$/)

/** What two people may decide; each kind with what it needs. */
export const ProposalBody = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('manual-rate'),
    pair: PairName,
    price,
    validMs: z.int().min(60_000).max(604_800_000),
  }),
  z.strictObject({ kind: z.literal('let-jump-pass'), pair: PairName, price }),
  z.strictObject({ kind: z.literal('parameter'), name: z.string().max(80), value: Whole }),
  z.strictObject({ kind: z.literal('fee'), name: z.string().max(80), value: Whole, effectiveFrom: Ms }),
  z.strictObject({ kind: z.literal('genesis'), document: z.unknown() }),
  z.strictObject({ kind: z.literal('burn'), purpose: Purpose, amount: Amount }),
  z.strictObject({ kind: z.literal('move'), asset: AssetCode, from: Purpose, to: Purpose, amount: Amount }),
  z.strictObject({
    kind: z.literal('bank-account'),
    account: z.string().regex(/^[0-9A-Za-z -]{4,50}$/),
    currency: z.string().regex(/^[A-Z]{3}$/),
    holder: z.string().trim().min(1).max(140),
    bank: z.string().trim().min(1).max(140),
  }),
  z.strictObject({ kind: z.literal('assign-deposit'), entryId: Id, orgId: OrgId }),
  z.strictObject({ kind: z.literal('return-deposit'), entryId: Id }),
  z.strictObject({
    kind: z.literal('grant'),
    orgId: OrgId,
    source: Purpose,
    amount: Amount,
    startAt: Ms,
    cliffMs: z.int().min(0),
    durationMs: z.int().min(60_000),
    stepMs: z.int().min(60_000),
    revocable: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('revoke-grant'), grantId: Id }),
  // Made by taking a statement in, never asked for by itself: exactly this file with these totals is approved.
  z.strictObject({
    kind: z.literal('statement'),
    statementId: Id,
    fileSha256: Sha256,
    contentSha256: Sha256,
    account: z.string().max(50),
    bankId: z.string().max(100),
    currency: AssetCode,
    opening: SignedAmount,
    closing: SignedAmount,
    incoming: SignedAmount,
    outgoing: SignedAmount,
    entries: z.int().min(0),
  }),
])
export type ProposalBody = z.infer<typeof ProposalBody>

export const NewProposal = z.strictObject({
  proposal: ProposalBody,
  reason: z.string().trim().min(3).max(500),
  /** The caller's own name for it, so that sending it twice makes one. */
  requestKey: z.string().regex(/^[A-Za-z0-9_-]{8,80}$/),
})
export const ProposalState = z.enum(['open', 'approved', 'done', 'refused', 'rejected'])
export const ProposalView = z.object({
  proposalId: Id,
  kind: z.string(),
  proposal: ProposalBody,
  reason: z.string(),
  state: ProposalState,
  proposedBy: z.string(),
  proposedAt: Ms,
  decidedBy: z.string().nullable(),
  decidedAt: Ms.nullable(),
  problem: z.string().nullable(),
  /** Whether the one who asks may decide it: another person than the one who proposed it. */
  mayDecide: z.boolean(),
})
export type ProposalView = z.infer<typeof ProposalView>
export const ProposalsAnswer = z.object({ proposals: z.array(ProposalView) })
export type ProposalsAnswer = z.infer<typeof ProposalsAnswer>

export const DepositState = z.enum([
  'waiting',
  'new',
  'matched',
  'unmatched',
  'assigned',
  'returning',
  'returned',
  'returned-out',
  'unexplained',
  'refused',
])
export const DepositView = z.object({
  entryId: Id,
  statementId: Id,
  direction: z.enum(['in', 'out']),
  amount: Amount,
  currency: AssetCode,
  bookedOn: z.string(),
  reference: z.string().nullable(),
  bankRef: z.string().nullable(),
  remittance: z.string().nullable(),
  state: DepositState,
  orgId: z.string().nullable(),
  returnReference: z.string().nullable(),
})
export type DepositView = z.infer<typeof DepositView>
export const DepositsAnswer = z.object({ deposits: z.array(DepositView) })
export type DepositsAnswer = z.infer<typeof DepositsAnswer>

export const BankView = z.object({
  accounts: z.array(
    z.object({ account: z.string(), currency: AssetCode, holder: z.string(), bank: z.string(), sample: z.boolean() }),
  ),
  positions: z.array(
    z.object({
      currency: AssetCode,
      statements: SignedAmount,
      ledger: SignedAmount,
      explained: SignedAmount,
      unexplained: SignedAmount,
    }),
  ),
})
export type BankView = z.infer<typeof BankView>

/** How a hospital adds money: which account, under which reference, and what arrived so far. */
export const FundingView = z.object({
  open: z.boolean(),
  currency: AssetCode,
  reference: z.string().nullable(),
  spacedReference: z.string().nullable(),
  accounts: z.array(
    z.object({ account: z.string(), currency: AssetCode, holder: z.string(), bank: z.string(), sample: z.boolean() }),
  ),
  deposits: z.array(
    z.object({ entryId: Id, amount: Amount, currency: AssetCode, bookedOn: z.string(), state: DepositState }),
  ),
})
export type FundingView = z.infer<typeof FundingView>

export const GrantView = z.object({
  grantId: Id,
  orgId: z.string(),
  name: Text.nullable(),
  source: z.string(),
  asset: AssetCode,
  amount: Amount,
  vested: Amount,
  released: Amount,
  returned: Amount,
  locked: Amount,
  startAt: Ms,
  cliffMs: Ms,
  durationMs: Ms,
  stepMs: Ms,
  steps: z.number().int(),
  step: z.number().int(),
  nextAt: Ms.nullable(),
  revocable: z.boolean(),
  revokedAt: Ms.nullable(),
  state: z.enum(['locking', 'running', 'revoked', 'ended', 'refused']),
  sample: z.boolean(),
})
export type GrantView = z.infer<typeof GrantView>
export const GrantsAnswer = z.object({ grants: z.array(GrantView) })
export type GrantsAnswer = z.infer<typeof GrantsAnswer>
export const GrantStatement = z.object({
  grant: GrantView,
  /** Points of the schedule, for a plot: what has vested at a moment if nothing is revoked. */
  schedule: z.array(z.object({ at: Ms, vested: Amount })),
  releases: z.array(
    z.object({
      fromStep: z.number().int(),
      toStep: z.number().int(),
      amount: Amount,
      writtenAt: Ms,
      bookedAt: Ms.nullable(),
    }),
  ),
})
export type GrantStatement = z.infer<typeof GrantStatement>
