import type {
  BankView,
  DepositView,
  FeesAnswer,
  ProposalView,
  QuoteView,
  RateHistory,
  RatesAnswer,
  RateView,
  SupplyView,
} from '@bithive/api/treasury'
import type { StatementView } from '@bithive/api/treasury-statements'
import { formatAmount } from '@bithive/kernel/money'
import { type BankEntry, bankAccounts, type EntryCounts, type StatementRow } from './bank-store.ts'
import { readBankPositions } from './check-bank.ts'
import { expectedSupply, readSupplySums } from './check-supply.ts'
import { type CurrentRate, currentRate, openPairs, pairName, scalesOf } from './current-rate.ts'
import { emissionOf } from './emission-schedule.ts'
import { FEE_NAMES, FEES, feeAt, feeHistory, readFee } from './fees.ts'
import { emissionState, readStandingGenesis } from './issue-supply.ts'
import { type Room, SCALES } from './ports.ts'
import type { ProposalRow } from './proposal-store.ts'
import { assetsOf } from './quote-conversion.ts'
import type { QuoteRow } from './quote-store.ts'
import { observationsOf, rateHistory } from './rate-store.ts'
import { writePrice } from './ratio.ts'
import { textOfHolding } from './supply-texts.ts'
import { statementProposalId } from './take-statement.ts'

const scaleOf = (asset: string) => SCALES[asset] ?? 0

async function rateView(room: Room, current: CurrentRate): Promise<RateView> {
  const { pair, decision, version } = current
  const scale = scalesOf(pair)
  const name = pairName(pair)
  const [spread, fee, heard] = await Promise.all([
    room.parameters.get('treasury.spread-bps'),
    readFee(room, 'conversion.fee'),
    observationsOf(room.db.worker, name, pair.rateSources),
  ])
  const counts = decision.state === 'ok'
  const ratio = version?.ratio
  const observedAt = decision.observedAtMs ?? version?.observedAtMs
  return {
    ...{ pair: name, base: pair.base, quote: pair.quote, sample: pair.sample, state: decision.state },
    price: ratio ? writePrice(ratio, scale) : null,
    num: ratio ? String(ratio.num) : null,
    den: ratio ? String(ratio.den) : null,
    version: version?.version ?? null,
    observedAt: observedAt ?? null,
    ageMs: observedAt === undefined ? null : Math.max(0, room.clock.now() - observedAt),
    expiresAt: (counts ? decision.expiresAtMs : undefined) ?? null,
    waitingPrice: decision.state === 'jump' && decision.ratio ? writePrice(decision.ratio, scale) : null,
    spreadBps: `${spread}`,
    feeBps: `${fee}`,
    quorum: pair.quorum,
    used: [...decision.used],
    leftOut: [...decision.leftOut],
    sources: heard.map(({ source, ratio: said, observedAtMs, receivedAtMs }) => ({
      ...{ source, price: writePrice(said, scale), observedAt: observedAtMs, receivedAt: receivedAtMs },
    })),
    because: pair.source,
  }
}

export async function viewRates(room: Room): Promise<RatesAnswer> {
  const rates: RateView[] = []
  for (const pair of openPairs(room)) rates.push(await rateView(room, await currentRate(room, pair)))
  const [order, ownerDay, day] = await Promise.all([
    room.parameters.get('treasury.cap-order-fen'),
    room.parameters.get('treasury.cap-owner-day-fen'),
    room.parameters.get('treasury.cap-day-fen'),
  ])
  const caps = { order: formatAmount(order, 2), ownerDay: formatAmount(ownerDay, 2), day: formatAmount(day, 2) }
  return { conversionOpen: rates.length > 0, rates, caps: { ...caps, currency: room.rules.accountingCurrency } }
}

export async function viewRateHistory(room: Room, name: string, limit: number): Promise<RateHistory> {
  const pair = openPairs(room).find((one) => pairName(one) === name)
  const versions = pair ? await rateHistory(room.db.worker, name, limit) : []
  return {
    pair: name,
    versions: versions.map(({ version, ratio, observedAtMs, setAtMs, sources, leftOut }) => ({
      ...{ version, price: pair ? writePrice(ratio, scalesOf(pair)) : '', num: `${ratio.num}`, den: `${ratio.den}` },
      ...{ observedAt: observedAtMs, setAt: setAtMs, sources: [...sources], leftOut: [...leftOut] },
    })),
  }
}

function stateOf(quote: QuoteRow, nowMs: number): QuoteView['state'] {
  if (quote.state === 'accepted') return 'unknown'
  return quote.state === 'quoted' && Number(quote.expiresAt) <= nowMs ? 'expired' : quote.state
}

export function viewQuote(room: Pick<Room, 'clock'>, quote: QuoteRow): QuoteView {
  const { sellAsset, buyAsset } = assetsOf(quote)
  const [base = '', other = ''] = quote.pair.split('-')
  return {
    ...{ quoteId: quote.id, pair: quote.pair, side: quote.side, sellAsset, buyAsset },
    sell: formatAmount(quote.sell, scaleOf(sellAsset)),
    fee: formatAmount(quote.fee, scaleOf(sellAsset)),
    buy: formatAmount(quote.buy, scaleOf(buyAsset)),
    price: writePrice(quote, scalesOf({ base, quote: other })),
    rateVersion: quote.rateVersion,
    spreadBps: `${quote.spreadBps}`,
    feeBps: `${quote.feeBps}`,
    sample: quote.sample,
    state: stateOf(quote, room.clock.now()),
    problem: quote.problem,
    createdAt: Number(quote.createdAt),
    expiresAt: Number(quote.expiresAt),
    acceptedAt: quote.acceptedAt === null ? null : Number(quote.acceptedAt),
    endedAt: quote.endedAt === null ? null : Number(quote.endedAt),
  }
}

/** Every unit of BTT and the account that explains it; undefined where no rule lets units come into being. */
export async function viewSupply(room: Room): Promise<SupplyView | undefined> {
  const asset = 'BTT'
  const genesis = await readStandingGenesis(room)
  if (!genesis && !room.rules.allows('money-supply', room.clock.now()).ok) return undefined
  const [holdings, sums, emission] = await Promise.all([
    room.ledger.holdingSums(asset),
    readSupplySums(room),
    emissionState(room),
  ])
  const [firstAmount, periodEpochs, keepBps] = await Promise.all([
    room.parameters.get('treasury.emission-first'),
    room.parameters.get('treasury.emission-period-epochs'),
    room.parameters.get('treasury.emission-keep-bps'),
  ])
  const lines = holdings.filter(({ kind, posted, held }) => kind !== 'supply' && (posted !== 0n || held !== 0n))
  const total = lines.reduce((sum, { posted }) => sum + posted, 0n)
  const text = (amount: bigint) => formatAmount(amount, scaleOf(asset))
  const document = genesis && {
    hash: genesis.hash,
    at: genesis.atMs,
    title: genesis.document.title,
    accounts: genesis.document.accounts,
    epochMs: genesis.document.emission.epochMs,
  }
  return {
    ...{ asset, sample: room.rules.sample, total: text(total) },
    genesis: text(sums.genesis),
    emission: text(sums.emission),
    burned: text(sums.burned),
    beforeGenesis: text(sums.beforeGenesis),
    lines: lines.map(({ owners, kind, accounts, posted, held }) => ({
      ...{ owners, kind, accounts, amount: text(posted), held: text(held) },
      text: textOfHolding(owners, kind, genesis?.document),
    })),
    difference: text(expectedSupply(sums) - total),
    document: document ?? null,
    emissionState: {
      state: emission.state,
      endedEpochs: `${emission.ended}`,
      writtenEpochs: `${emission.written}`,
      nextAmount: text(emissionOf(emission.written, { firstAmount, periodEpochs, keepBps })),
    },
  }
}

export async function viewFees(room: Room): Promise<FeesAnswer> {
  const fees: FeesAnswer['fees'] = []
  for (const name of FEE_NAMES) {
    const versions = await feeHistory(room.db.worker, name)
    const { zh, en, min, max } = FEES[name]
    fees.push({
      ...{ name, text: { zh, en }, unit: 'bps', min: `${min}`, max: `${max}` },
      value: `${feeAt(name, versions, room.clock.now())}`,
      versions: versions.map(({ version, value, effectiveFromMs, proposedBy, approvedBy, reason, atMs }) => ({
        ...{ version, value: `${value}`, effectiveFrom: effectiveFromMs, proposedBy, approvedBy, reason, at: atMs },
      })),
    })
  }
  return { fees }
}

export const viewProposal = (row: ProposalRow, actorId: string, mayDecide: boolean): ProposalView => ({
  ...{ proposalId: row.id, kind: row.body.kind, proposal: row.body, reason: row.reason, state: row.state },
  ...{ proposedBy: row.proposedBy, proposedAt: row.proposedAt, decidedBy: row.decidedBy, decidedAt: row.decidedAt },
  problem: row.problem,
  mayDecide: mayDecide && row.state === 'open' && row.proposedBy !== actorId,
})

/** @param decider who asks, if that one may decide at all */
export const viewStatement = (
  row: StatementRow,
  counts: EntryCounts | undefined,
  decider: string | undefined,
): StatementView => {
  const text = (amount: bigint) => formatAmount(amount, scaleOf(row.currency))
  const waits = row.state === 'taken'
  return {
    ...{ statementId: row.id, account: row.account, bankId: row.bankId, format: row.format, currency: row.currency },
    ...{ opening: text(row.opening), closing: text(row.closing), entries: row.entries, state: row.state },
    ...{ uploadedBy: row.uploadedBy, uploadedAt: Number(row.uploadedAt), fileSha256: row.fileSha256 },
    ...{ approvedBy: row.approvedBy, refusal: row.refusal, proposalId: statementProposalId(row.id) },
    mayDecide: waits && decider !== undefined && decider !== row.uploadedBy,
    preview:
      waits && counts
        ? {
            ...{ matched: counts.matched, unmatched: counts.unmatched, outgoing: counts.outgoing },
            ...{ incomingAmount: text(counts.incomingAmount), outgoingAmount: text(counts.outgoingAmount) },
          }
        : null,
  }
}

export const viewDeposit = (entry: BankEntry): DepositView => ({
  ...{ entryId: entry.id, statementId: entry.statementId, direction: entry.direction, currency: entry.currency },
  amount: formatAmount(entry.amount, scaleOf(entry.currency)),
  ...{ bookedOn: entry.bookedOn, reference: entry.reference, bankRef: entry.bankRef, remittance: entry.remittance },
  ...{ state: entry.state, orgId: entry.orgId, returnReference: entry.returnReference },
})

export async function viewBank(room: Room): Promise<BankView> {
  const [accounts, positions] = await Promise.all([bankAccounts(room.db.worker), readBankPositions(room)])
  return {
    accounts: [...accounts],
    positions: positions.map(({ currency, statements, ledger, explained, unexplained }) => ({
      currency,
      statements: formatAmount(statements, scaleOf(currency)),
      ledger: formatAmount(ledger, scaleOf(currency)),
      explained: formatAmount(explained, scaleOf(currency)),
      unexplained: formatAmount(unexplained, scaleOf(currency)),
    })),
  }
}
