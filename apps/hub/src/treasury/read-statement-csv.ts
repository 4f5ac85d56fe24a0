import { treasuryErrors } from './errors.ts'
import { SCALES } from './ports.ts'
import {
  MAX_STATEMENT_BYTES,
  needed,
  plainAccount,
  readBankAmount,
  readDay,
  type Statement,
  type StatementEntry,
} from './statement.ts'

const HEADER = 'record,id,account,currency,date,amount,reference'
const MAX_FIELD = 1_000

/** RFC 4180: commas, double quotes doubled inside quotes, LF or CRLF. @throws treasury.statement-unreadable */
export function splitCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let field = ''
  let quoted = false
  let wasQuoted = false
  const endField = () => {
    row.push(field)
    field = ''
    wasQuoted = false
  }
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] as string
    if (quoted) {
      if (letter !== '"') field += letter
      else if (text[at + 1] === '"') {
        field += '"'
        at++
      } else quoted = false
    } else if (letter === '"') {
      if (field !== '' || wasQuoted) throw treasuryErrors.error('statement-unreadable')
      quoted = true
      wasQuoted = true
    } else if (letter === ',') endField()
    else if (letter === '\n') {
      endField()
      rows.push(row)
      row = []
    } else if (letter !== '\r') {
      if (wasQuoted) throw treasuryErrors.error('statement-unreadable')
      field += letter
    }
    if (field.length > MAX_FIELD) throw treasuryErrors.error('statement-too-large')
  }
  if (quoted) throw treasuryErrors.error('statement-unreadable')
  if (field !== '' || row.length > 0) {
    endField()
    rows.push(row)
  }
  return rows
}

const signed = (text: string | undefined, scale: number, field: string): bigint => {
  const negative = text?.startsWith('-')
  const amount = readBankAmount(negative ? text?.slice(1) : text, scale, field)
  return negative ? -amount : amount
}

/**
 * The documented CSV, one statement a file, in UTF-8: a header, `statement` with id, account and currency, `opening`
 * and `closing` with an amount, and an `entry` a movement with id, date, amount (− for what went out) and reference.
 * @throws treasury.statement-unreadable, statement-too-large, statement-incomplete
 */
export function readStatementCsv(bytes: Uint8Array): Statement[] {
  if (bytes.length > MAX_STATEMENT_BYTES) throw treasuryErrors.error('statement-too-large')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw treasuryErrors.error('statement-unreadable')
  }
  const [header, ...rows] = splitCsv(text)
  if (header?.join(',') !== HEADER || rows.some((row) => row.length !== 7)) {
    throw treasuryErrors.error('statement-unreadable')
  }
  const only = (record: string) => {
    const found = rows.filter((row) => row[0] === record)
    if (found.length !== 1) throw treasuryErrors.error('statement-incomplete', { field: record })
    return found[0] as string[]
  }
  const [, id, account, currency = ''] = only('statement')
  if (!/^[A-Z]{3}$/.test(currency)) throw treasuryErrors.error('statement-incomplete', { field: 'currency' })
  const scale = SCALES[currency] ?? 2
  const entries = rows.flatMap((row): StatementEntry[] => {
    const [record, bankRef = '', , , date, amount, reference = ''] = row
    if (record !== 'entry') {
      if (!['statement', 'opening', 'closing'].includes(record ?? ''))
        throw treasuryErrors.error('statement-unreadable')
      return []
    }
    const value = signed(amount, scale, 'entry/amount')
    if (value === 0n) return []
    const direction = value < 0n ? 'out' : 'in'
    const size = value < 0n ? -value : value
    const ref = bankRef === '' ? undefined : bankRef.slice(0, 100)
    return [
      {
        direction,
        amount: size,
        bookedOn: readDay(date, 'entry/date'),
        bankRef: ref,
        serviceRef: ref,
        words: [reference],
      },
    ]
  })
  return [
    {
      format: 'csv-1',
      account: plainAccount(needed(account, 'statement/account')),
      bankId: needed(id, 'statement/id').slice(0, 100),
      currency,
      opening: signed(only('opening')[5], scale, 'opening/amount'),
      closing: signed(only('closing')[5], scale, 'closing/amount'),
      entries,
    },
  ]
}
