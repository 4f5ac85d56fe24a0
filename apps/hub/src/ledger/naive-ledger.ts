import { shardOfAccount } from './account-id.ts'

/** An account of the twin: plain sums, and what the rules ask about it. */
export type NaiveAccount = {
  readonly owner: string
  readonly asset: string
  readonly kind: string
  readonly closedAsset: boolean
  readonly limit: 'debits' | 'credits' | 'none'
  frozen: boolean
  outgoingFrozen?: boolean
  incomingFrozen?: boolean
  maxBalance?: bigint | undefined
  closed: boolean
  debitsPending: bigint
  debitsPosted: bigint
  creditsPending: bigint
  creditsPosted: bigint
}

/** A row as it may reach the database, also from a careless caller: anything may be missing or wrong. */
export type RawRow = {
  readonly id: string | null
  readonly debit: bigint
  readonly credit: bigint
  readonly amount: bigint | null
  readonly flags: number | null
  readonly code: number | null
  readonly pending: string | null
  readonly timeout: bigint | null
  readonly reference: string | null
  readonly postLimit: bigint | null
}

/** A row of the right shape. */
type Row = RawRow & { readonly id: string; readonly amount: bigint; readonly flags: number; readonly code: number }
type NaiveTransfer = Row & {
  readonly atMs: bigint
  readonly debitAfter: bigint
  readonly creditAfter: bigint
}

type Books = {
  readonly accounts: Map<bigint, NaiveAccount>
  readonly transfers: NaiveTransfer[]
  /** The same transfers by their ids. */
  readonly byId: Map<string, NaiveTransfer>
  readonly ended: Map<string, 'post' | 'void' | 'reverse'>
}

const MAX = 2n ** 63n - 1n
const HOLD = 2
const POST = 4
const VOID = 8
const REVERSE = 16
const stepOf = (flags: number | null) => (flags === null ? Number.NaN : flags & ~1)
const isNetwork = (account: NaiveAccount) => account.owner === 'network' || account.owner.startsWith('network:')
const posted = (account: NaiveAccount) => account.creditsPosted - account.debitsPosted

function sameFields(a: RawRow, b: RawRow): boolean {
  const fields = (r: RawRow) => [
    r.debit,
    r.credit,
    r.amount,
    stepOf(r.flags),
    r.code,
    r.pending,
    r.timeout,
    r.reference,
    r.postLimit,
  ]
  const other = fields(b)
  return fields(a).every((field, index) => field === other[index])
}

function checkShape(row: RawRow, shard: number): number {
  const step = stepOf(row.flags)
  if (row.id === null) return 10
  if (![0, HOLD, POST, VOID, REVERSE].includes(step) || row.code === null) return 13
  if ([POST, VOID, REVERSE].includes(step) !== (row.pending !== null)) return 13
  if (row.amount === null || row.amount < 0n || (row.amount === 0n) !== (step === VOID)) return 11
  if (row.debit === row.credit) return 12
  return shardOfAccount(row.debit) !== shard || shardOfAccount(row.credit) !== shard ? 25 : 0
}

function checkAccounts(row: Row, debit: NaiveAccount, credit: NaiveAccount, stopped: boolean): number {
  if (debit.asset !== credit.asset) return 21
  if (stepOf(row.flags) !== VOID) {
    if (debit.frozen || credit.frozen || debit.outgoingFrozen || credit.incomingFrozen) return 22
    if (debit.closed || credit.closed) return 23
  }
  return stopped && row.code >= 200 && row.code <= 299 ? 50 : 0
}

/** What refuses more money on its way between two accounts, whatever kind of step asks for it. */
function refuseMore(row: Row, debit: NaiveAccount, credit: NaiveAccount): number {
  const debits = debit.debitsPosted + debit.debitsPending + row.amount
  const credits = credit.creditsPosted + credit.creditsPending + row.amount
  if (debits > MAX || credits > MAX) return 42
  if (debit.closedAsset && stepOf(row.flags) !== REVERSE) {
    const allowed = debit.owner === credit.owner || debit.kind === 'supply' || isNetwork(credit)
    if (!allowed) return 24
  }
  if (debit.limit === 'debits' && debits > debit.creditsPosted) return 40
  if (credit.limit === 'credits' && credits > credit.debitsPosted) return 41
  return credit.maxBalance !== undefined && credits - credit.debitsPosted > credit.maxBalance ? 43 : 0
}

function endHold(books: Books, row: Row, debit: NaiveAccount, credit: NaiveAccount, now: bigint): number {
  const hold = books.byId.get(row.pending as string)
  if (!hold) return 30
  if (stepOf(hold.flags) !== HOLD) return 31
  if (hold.debit !== row.debit || hold.credit !== row.credit) return 32
  const before = books.ended.get(hold.id)
  if (before) return before === 'post' ? 33 : 34
  const post = stepOf(row.flags) === POST
  if (post && hold.timeout !== null && hold.atMs + hold.timeout <= now) return 35
  if (post && row.amount > (hold.postLimit ?? hold.amount)) return 36
  debit.debitsPending -= hold.amount
  credit.creditsPending -= hold.amount
  if (post && row.amount > hold.amount) {
    const refused = refuseMore(row, debit, credit)
    if (refused !== 0) return refused
  }
  debit.debitsPosted += row.amount
  credit.creditsPosted += row.amount
  return 0
}

function moveOrHold(row: Row, debit: NaiveAccount, credit: NaiveAccount): number {
  const refused = refuseMore(row, debit, credit)
  if (refused !== 0) return refused
  if (stepOf(row.flags) === HOLD) {
    debit.debitsPending += row.amount
    credit.creditsPending += row.amount
  } else {
    debit.debitsPosted += row.amount
    credit.creditsPosted += row.amount
  }
  return 0
}

function reverse(books: Books, row: Row, debit: NaiveAccount, credit: NaiveAccount): number {
  const original = books.byId.get(row.pending as string)
  if (!original) return 30
  if (![0, POST].includes(stepOf(original.flags))) return 39
  if (original.debit !== row.credit || original.credit !== row.debit) return 32
  if (books.ended.has(original.id)) return 37
  return row.amount > original.amount ? 38 : moveOrHold(row, debit, credit)
}

/**
 * The ledger's rules written to be read, one transfer after the other, with no batches, places or undo lists: when a
 * transfer of a chain fails, the accounts are put back as they were before it and its transfers are taken out again.
 * `ledger.apply` must agree with it on every result, balance and row.
 */
export function createNaiveLedger(shard: number) {
  const books: Books = { accounts: new Map(), transfers: [], byId: new Map(), ended: new Map() }
  let now = 0n
  let stopped = false

  const firstLook = (row: RawRow): number => {
    const before = row.id === null ? undefined : books.byId.get(row.id)
    if (before) return sameFields(before, row) ? 1 : 2
    const badLimit = row.postLimit !== null && row.postLimit < (row.amount ?? 0n)
    if (badLimit || (row.postLimit !== null && ((row.flags ?? 0) & HOLD) === 0)) return 16
    const badTimeout = row.timeout !== null && (row.timeout < 1n || row.timeout > 315_360_000_000n)
    if (badTimeout || (row.timeout !== null && ((row.flags ?? 0) & HOLD) === 0)) return 15
    return row.reference !== null && [...row.reference].length > 200 ? 14 : 0
  }

  const book = (raw: RawRow): number => {
    const shape = checkShape(raw, shard)
    if (shape !== 0) return shape
    const row = raw as Row
    const debit = books.accounts.get(row.debit)
    const credit = books.accounts.get(row.credit)
    if (!debit || !credit) return 20
    const trouble = checkAccounts(row, debit, credit, stopped)
    if (trouble !== 0) return trouble
    if (books.byId.has(row.id)) return 5
    const step = stepOf(row.flags)
    const result =
      step === REVERSE
        ? reverse(books, row, debit, credit)
        : step === POST || step === VOID
          ? endHold(books, row, debit, credit, now)
          : moveOrHold(row, debit, credit)
    if (result !== 0) return result
    const transfer = { ...row, atMs: now, debitAfter: posted(debit), creditAfter: posted(credit) }
    books.transfers.push(transfer)
    books.byId.set(row.id, transfer)
    const end = step === POST ? 'post' : step === VOID ? 'void' : 'reverse'
    if (row.pending !== null) books.ended.set(row.pending, end)
    return 0
  }

  const bookChain = (chain: readonly RawRow[]): number[] => {
    const looks = chain.map(firstLook)
    if (looks.every((look) => look === 1)) return looks
    if (chain.length === 1 && looks[0] !== 0) return looks
    const touched = chain.flatMap(({ debit, credit }) => [debit, credit])
    const accounts = new Map(touched.map((id) => [id, { ...(books.accounts.get(id) as NaiveAccount) }]))
    const count = books.transfers.length
    for (const [index, row] of chain.entries()) {
      const look = looks[index] === 1 ? 5 : (looks[index] as number)
      const result = look === 0 ? book(row) : look
      if (result === 0) continue
      for (const [id, account] of accounts) if (books.accounts.has(id)) books.accounts.set(id, account)
      for (const transfer of books.transfers.splice(count)) {
        books.byId.delete(transfer.id)
        if (transfer.pending !== null) books.ended.delete(transfer.pending)
      }
      return chain.map((_, other) => (other === index ? result : 3))
    }
    return chain.map(() => 0)
  }

  return {
    books: () => books,
    stop: (value: boolean) => {
      stopped = value
    },
    open: (id: bigint, account: Omit<NaiveAccount, `debits${string}` | `credits${string}`>) => {
      books.accounts.set(id, {
        ...account,
        debitsPending: 0n,
        debitsPosted: 0n,
        creditsPending: 0n,
        creditsPosted: 0n,
      })
    },
    /** Books a batch as it stands: rows with bit 1 are linked to the next row. @returns a result code for each row. */
    apply: (rows: readonly RawRow[], atMs: bigint): number[] => {
      // Time goes on with what is booked, and never back.
      const before = books.transfers.at(-1)?.atMs ?? 0n
      now = atMs > before ? atMs : before
      const results: number[] = []
      for (let at = 0; at < rows.length; ) {
        const last = rows.findIndex((row, index) => index >= at && ((row.flags ?? 0) & 1) === 0)
        if (last < 0) return [...results, ...rows.slice(at).map(() => 4)]
        results.push(...bookChain(rows.slice(at, last + 1)))
        at = last + 1
      }
      return results
    },
  }
}
