import {
  JobExplanation,
  JobPage,
  JobPageQuery,
  JobView,
  NodeTokenCreated,
  NodeTokenOrder,
  NodeView,
} from '@bithive/api/compute'
import { JobQuote, JobQuoteOrder } from '@bithive/api/job-quote'
import { OwnModels, OwnModelsQuery } from '@bithive/api/models'
import { Entries, EntriesQuery, LedgerBalances, ModelList } from '@bithive/api/network'
import {
  JoinProgress,
  JoinTokenList,
  JoinTokenView,
  LeaseRecordPage,
  LeaseRecordQuery,
  NodeDetail,
  NodeOptions,
  NodeOverview,
  NodeOverviewQuery,
  NodeRemoved,
} from '@bithive/api/nodes'
import {
  FeesAnswer,
  FundingView,
  QuoteOrder,
  QuotesAnswer,
  QuoteView,
  RateHistory,
  RatesAnswer,
} from '@bithive/api/treasury'
import { StatementQuery, WalletBalances, WalletPage, WalletQuery, WalletStatement } from '@bithive/api/wallet'
import { z } from 'zod'
import type { NetworkMatter } from './policy.ts'

/** One route of the hub that the hospital's own people may use through this site. */
export type AllowedRoute = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below /hub/v1 and below /site/v1/network alike; `:name` is a parameter of PARAMS. */
  readonly path: string
  readonly matter: NetworkMatter
  readonly query?: z.ZodType<object>
  readonly body?: z.ZodType
  /** `text` is a table or document that is passed on as it is, with its media type. */
  readonly answer: z.ZodType | { readonly text: readonly string[] }
  /** An act changes something at the hub: it is in the hospital's audit before it leaves. */
  readonly act?: string
  readonly status?: 200 | 201
}

const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`))

/** What a parameter of a path may be. A path is built from these alone, never from what the caller wrote. */
export const PARAMS: Readonly<Record<string, z.ZodType<string>>> = {
  quoteId: id('quo'),
  pair: z.string().regex(/^[A-Z]{2,12}-[A-Z]{2,12}$/),
  jobId: id('job'),
  nodeId: id('node'),
  joinTokenId: z.string().regex(/^jtok_[0-9a-f]{20}$/),
}

const NodeList = z.strictObject({ nodes: z.array(NodeView) })
const Drain = z.strictObject({ draining: z.boolean() })

/** Everything else of the hub stays shut to the hospital's people: what is not listed is not forwarded. */
export const ALLOWED_ROUTES: readonly AllowedRoute[] = [
  { method: 'GET', path: '/ledger/balances', matter: 'money', answer: LedgerBalances },
  { method: 'GET', path: '/ledger/entries', matter: 'money', query: EntriesQuery, answer: Entries },
  { method: 'GET', path: '/wallet/balances', matter: 'money', answer: WalletBalances },
  { method: 'GET', path: '/wallet/entries', matter: 'money', query: WalletQuery, answer: WalletPage },
  { method: 'GET', path: '/wallet/statement', matter: 'money', query: StatementQuery, answer: WalletStatement },
  {
    method: 'GET',
    path: '/wallet/statement.csv',
    matter: 'money',
    query: StatementQuery,
    answer: { text: ['text/csv'] },
  },
  { method: 'GET', path: '/treasury/rates', matter: 'money', answer: RatesAnswer },
  { method: 'GET', path: '/treasury/rates/:pair/history', matter: 'money', answer: RateHistory },
  { method: 'GET', path: '/treasury/fees', matter: 'money', answer: FeesAnswer },
  { method: 'GET', path: '/treasury/conversions', matter: 'money', answer: QuotesAnswer },
  { method: 'GET', path: '/treasury/quotes/:quoteId', matter: 'money', answer: QuoteView },
  {
    method: 'POST',
    path: '/treasury/quotes',
    matter: 'spend',
    body: QuoteOrder,
    answer: QuoteView,
    act: 'network.quote-conversion',
    status: 201,
  },
  {
    method: 'POST',
    path: '/treasury/quotes/:quoteId/accept',
    matter: 'spend',
    body: z.strictObject({}),
    answer: QuoteView,
    act: 'network.accept-quote',
  },
  { method: 'GET', path: '/treasury/funding', matter: 'money', answer: FundingView },
  {
    method: 'POST',
    path: '/treasury/funding',
    matter: 'spend',
    body: z.strictObject({}),
    answer: FundingView,
    act: 'network.request-funding-reference',
    status: 201,
  },
  { method: 'GET', path: '/models/own', matter: 'money', query: OwnModelsQuery, answer: OwnModels },
  { method: 'GET', path: '/models', matter: 'models', answer: ModelList },
  // Pages hear of changes by events: nobody's browser holds a long poll of the site's open.
  { method: 'GET', path: '/jobs', matter: 'jobs', query: JobPageQuery.omit({ waitMs: true }), answer: JobPage },
  { method: 'POST', path: '/jobs/quote', matter: 'order', body: JobQuoteOrder, answer: JobQuote },
  { method: 'GET', path: '/jobs/:jobId', matter: 'jobs', answer: JobView },
  { method: 'GET', path: '/jobs/:jobId/explain', matter: 'jobs', answer: JobExplanation },
  { method: 'GET', path: '/nodes', matter: 'nodes', answer: NodeList },
  {
    method: 'POST',
    path: '/nodes/tokens',
    matter: 'run-nodes',
    body: NodeTokenOrder,
    answer: NodeTokenCreated,
    act: 'network.issue-node-token',
    status: 201,
  },
  { method: 'GET', path: '/nodes/options', matter: 'nodes', answer: NodeOptions },
  { method: 'GET', path: '/nodes/overview', matter: 'nodes', query: NodeOverviewQuery, answer: NodeOverview },
  { method: 'GET', path: '/nodes/tokens', matter: 'nodes', answer: JoinTokenList },
  { method: 'GET', path: '/nodes/tokens/:joinTokenId', matter: 'nodes', answer: JoinProgress },
  {
    method: 'DELETE',
    path: '/nodes/tokens/:joinTokenId',
    matter: 'run-nodes',
    answer: JoinTokenView,
    act: 'network.revoke-node-token',
  },
  { method: 'GET', path: '/nodes/:nodeId/detail', matter: 'nodes', answer: NodeDetail },
  { method: 'GET', path: '/nodes/:nodeId/history', matter: 'nodes', query: LeaseRecordQuery, answer: LeaseRecordPage },
  {
    method: 'POST',
    path: '/nodes/:nodeId/remove',
    matter: 'run-nodes',
    body: z.strictObject({}),
    answer: NodeRemoved,
    act: 'network.remove-node',
  },
  { method: 'GET', path: '/nodes/:nodeId', matter: 'nodes', answer: NodeView },
  {
    method: 'POST',
    path: '/nodes/:nodeId/drain',
    matter: 'run-nodes',
    body: Drain,
    answer: NodeView,
    act: 'network.drain-node',
  },
]
