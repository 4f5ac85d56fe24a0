/** Builders of bank statements by the standard's element names. All names and numbers are invented. */
export type CamtEntry = {
  readonly amount: string
  readonly out?: boolean
  readonly reference?: string
  readonly place?: 'Strd' | 'Ustrd' | 'EndToEndId'
  readonly status?: 'BOOK' | 'PDNG' | 'INFO'
  /** What the bank calls it; of every statement and entry its own unless given. */
  readonly bankRef?: string
  readonly batch?: readonly { amount: string; reference: string }[]
}

export type StatementOptions = {
  readonly version?: string
  readonly id?: string
  readonly account?: string
  readonly currency?: string
  readonly opening: string
  /** Opening and booked entries unless given. */
  readonly closing?: string
  readonly entries: readonly CamtEntry[]
}

const cents = (text: string) => {
  const [whole = '0', decimals = ''] = text.split('.')
  return BigInt(`${whole}${decimals.padEnd(2, '0').slice(0, 2)}`)
}
const written = (amount: bigint) => {
  const size = amount < 0n ? -amount : amount
  return `${size / 100n}.${String(size % 100n).padStart(2, '0')}`
}

function closingOf({ opening, closing, entries }: StatementOptions): bigint {
  if (closing !== undefined) return closing.startsWith('-') ? -cents(closing.slice(1)) : cents(closing)
  const booked = entries.filter(({ status = 'BOOK' }) => status === 'BOOK')
  return booked.reduce((sum, { amount, out }) => sum + (out ? -cents(amount) : cents(amount)), cents(opening))
}

const detailsOf = (one: { reference?: string; place?: CamtEntry['place'] }, amount = '') => {
  const { reference, place = 'Ustrd' } = one
  const refs = reference && place === 'EndToEndId' ? `<Refs><EndToEndId>${reference}</EndToEndId></Refs>` : ''
  const words =
    reference && place === 'Ustrd'
      ? `<RmtInf><Ustrd>${reference}</Ustrd></RmtInf>`
      : reference && place === 'Strd'
        ? `<RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>${reference}</Ref></CdtrRefInf></Strd></RmtInf>`
        : ''
  return `<TxDtls>${refs}${amount}${words}</TxDtls>`
}

const bankRefOf = ({ id = 'STM-1' }: StatementOptions, { bankRef }: CamtEntry, index: number) =>
  bankRef ?? (id === 'STM-1' ? `B-${index + 1}` : `${id}-B-${index + 1}`)

/** A camt.053 file with one statement. */
export function camt(options: StatementOptions): string {
  const { version = '08', id = 'STM-1', account = 'CN00SAMPLE0001', currency = 'CNY' } = options
  const code = Number(version) >= 8
  const amount = (text: string) => `<Amt Ccy="${currency}">${text}</Amt>`
  const balance = (kind: string, value: bigint) =>
    `<Bal><Tp><CdOrPrtry><Cd>${kind}</Cd></CdOrPrtry></Tp>${amount(written(value))}<CdtDbtInd>${value < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>`
  const entries = options.entries.map((entry, index) => {
    const { status = 'BOOK' } = entry
    const details = entry.batch
      ? entry.batch.map((part) => detailsOf(part, amount(part.amount))).join('')
      : detailsOf(entry)
    return [
      `<Ntry>${amount(entry.amount)}<CdtDbtInd>${entry.out ? 'DBIT' : 'CRDT'}</CdtDbtInd>`,
      code ? `<Sts><Cd>${status}</Cd></Sts>` : `<Sts>${status}</Sts>`,
      `<BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>${bankRefOf(options, entry, index)}</AcctSvcrRef>`,
      `<BkTxCd><Domn><Cd>PMNT</Cd></Domn></BkTxCd><NtryDtls>${details}</NtryDtls></Ntry>`,
    ].join('')
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.${version}">`,
    '<BkToCstmrStmt><GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>2026-11-23T18:00:00Z</CreDtTm></GrpHdr>',
    `<Stmt><Id>${id}</Id><CreDtTm>2026-11-23T18:00:00Z</CreDtTm>`,
    `<Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>${currency}</Ccy></Acct>`,
    balance('OPBD', cents(options.opening)),
    balance('CLBD', closingOf(options)),
    ...entries,
    '</Stmt></BkToCstmrStmt></Document>',
  ].join('\n')
}

/** The same in the documented CSV. */
export function csvStatement(options: StatementOptions): string {
  const { id = 'STM-1', account = 'CN00SAMPLE0001', currency = 'CNY' } = options
  const quote = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const closing = closingOf(options)
  const lines = options.entries.map((entry, index) =>
    [
      `entry,${bankRefOf(options, entry, index)},,,2026-11-23,${entry.out ? '-' : ''}${entry.amount}`,
      quote(entry.reference ?? ''),
    ].join(','),
  )
  return [
    'record,id,account,currency,date,amount,reference',
    `statement,${id},${account},${currency},2026-11-23,,`,
    `opening,,,,2026-11-23,${options.opening},`,
    ...lines,
    `closing,,,,2026-11-23,${closing < 0n ? '-' : ''}${written(closing)},`,
    '',
  ].join('\n')
}
