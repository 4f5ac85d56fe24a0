import { treasuryErrors } from './errors.ts'
import { SCALES } from './ports.ts'
import { type Element, findAll, findText, readXml } from './read-xml.ts'
import { needed, plainAccount, readBankAmount, readDay, type Statement, type StatementEntry } from './statement.ts'

/**
 * ISO 20022 camt.053, «Bank to Customer Statement», by the element names of versions .001.02 to .001.13. The schemas
 * of the standard are not shipped; what is needed is asked for here by our own rules, and the rest is left unread.
 */
const NAMESPACE = /^urn:iso:std:iso:20022:tech:xsd:(camt\.053\.001\.(0[2-9]|1[0-3]))$/

const directionOf = (indicator: string | undefined, field: string): 'in' | 'out' => {
  if (indicator === 'CRDT') return 'in'
  if (indicator === 'DBIT') return 'out'
  throw treasuryErrors.error('statement-incomplete', { field })
}

type Money = { readonly amount: bigint; readonly direction: 'in' | 'out' }

/** `Amt Ccy=…` with `CdtDbtInd`. @throws treasury.statement-currency when it is in another currency */
function readMoney(element: Element, currency: string, field: string): Money {
  const amount = findAll(element, 'Amt')[0]
  const scale = SCALES[currency] ?? 2
  if (needed(amount?.attributes.Ccy, `${field}/Amt@Ccy`) !== currency) {
    throw treasuryErrors.error('statement-currency', { currency })
  }
  return {
    amount: readBankAmount(amount?.text, scale, `${field}/Amt`),
    direction: directionOf(findText(element, 'CdtDbtInd'), `${field}/CdtDbtInd`),
  }
}

/** Version 02 to 07 write the status as text, later ones as a code below it. */
const statusOf = (entry: Element) => findText(entry, 'Sts', 'Cd') ?? findText(entry, 'Sts')

/** The balance of a kind; the first one that is there counts. */
function readBalance(statement: Element, currency: string, kinds: readonly string[]): bigint | undefined {
  const balances = findAll(statement, 'Bal')
  for (const kind of kinds) {
    const found = balances.filter((one) => findText(one, 'Tp', 'CdOrPrtry', 'Cd') === kind)
    if (found.length > 1) throw treasuryErrors.error('statement-incomplete', { field: `Bal ${kind}` })
    if (found[0]) {
      const { amount, direction } = readMoney(found[0], currency, 'Bal')
      return direction === 'in' ? amount : -amount
    }
  }
  return undefined
}

/** Where payers and banks put a reference, the structured one first. */
const WORDS: readonly (readonly string[])[] = [
  ['RmtInf', 'Strd', 'CdtrRefInf', 'Ref'],
  ['RmtInf', 'Ustrd'],
  ['Refs', 'EndToEndId'],
  ['Refs', 'InstrId'],
]
const wordsOf = (details: Element) =>
  WORDS.flatMap((path) => findAll(details, ...path).map(({ text }) => text.trim())).filter((text) => text !== '')

/** Some banks write that they give none. */
const serviceRefOf = (text: string | undefined) =>
  text === undefined || text === '' || /^NOT ?PROVIDED$/i.test(text) ? undefined : text.slice(0, 100)

const amountOfDetails = (details: Element) => {
  const plain = findAll(details, 'Amt')[0]
  return plain ?? findAll(details, 'AmtDtls', 'TxAmt', 'Amt')[0]
}

/**
 * An entry that stands for several payments is several movements, if the bank gives an amount for each and they add
 * up to the entry; otherwise it is one, and people say whose it is.
 */
function readEntry(entry: Element, currency: string): StatementEntry[] {
  const money = readMoney(entry, currency, 'Ntry')
  if (money.amount === 0n) return []
  const dated = findAll(entry, 'BookgDt')[0]
  const bookedOn = readDay(dated && (findText(dated, 'Dt') ?? findText(dated, 'DtTm')), 'Ntry/BookgDt')
  const serviceRef = serviceRefOf(findText(entry, 'AcctSvcrRef'))
  // A bank may count `NtryRef` from one in every statement, so it is shown, and tells no movement from another.
  const entryRef = serviceRef ?? findText(entry, 'NtryRef')
  const details = findAll(entry, 'NtryDtls', 'TxDtls')
  const general = [findText(entry, 'AddtlNtryInf')].flatMap((text) => (text ? [text] : []))
  const one = (amount: bigint, words: readonly string[], own: string | undefined): StatementEntry => ({
    ...{ direction: money.direction, amount, bookedOn, words: [...words, ...general] },
    bankRef: (own ?? entryRef)?.slice(0, 100),
    serviceRef: own ?? serviceRef,
  })
  if (details.length > 1) {
    const parts = details.map((part) => {
      const amount = amountOfDetails(part)
      const indicator = findText(part, 'CdtDbtInd')
      const same =
        amount?.attributes.Ccy === currency &&
        (indicator === undefined || directionOf(indicator, 'TxDtls') === money.direction)
      return amount && same ? readBankAmount(amount.text, SCALES[currency] ?? 2, 'TxDtls/Amt') : 0n
    })
    const sum = parts.reduce((total, part) => total + part, 0n)
    if (parts.every((part) => part > 0n) && sum === money.amount) {
      return details.map((part, index) => {
        const own = serviceRefOf(findText(part, 'Refs', 'AcctSvcrRef'))
        return one(parts[index] as bigint, wordsOf(part), own)
      })
    }
    // Several references for one sum would be a guess.
    return [one(money.amount, [], undefined)]
  }
  return [one(money.amount, details.flatMap(wordsOf), undefined)]
}

/** The numbers and sums that some banks add must agree with the entries too. @throws treasury.statement-totals */
function checkSummary(statement: Element, entries: readonly Element[], currency: string): void {
  const scale = SCALES[currency] ?? 2
  const all = entries.map((entry) => readMoney(entry, currency, 'Ntry'))
  for (const [name, direction] of [
    ['TtlNtries', undefined],
    ['TtlCdtNtries', 'in'],
    ['TtlDbtNtries', 'out'],
  ] as const) {
    const total = findAll(statement, 'TxsSummry', name)[0]
    if (!total) continue
    const counted = all.filter((one) => direction === undefined || one.direction === direction)
    const number = findText(total, 'NbOfNtries')
    const sum = findText(total, 'Sum')
    const added = counted.reduce((so, { amount }) => so + amount, 0n)
    const wrong =
      (number !== undefined && number !== String(counted.length)) ||
      (sum !== undefined && readBankAmount(sum, scale, `${name}/Sum`) !== added)
    if (wrong) throw treasuryErrors.error('statement-totals', { field: name })
  }
}

function readStatement(element: Element, format: string): Statement {
  const account = findText(element, 'Acct', 'Id', 'IBAN') ?? findText(element, 'Acct', 'Id', 'Othr', 'Id')
  const firstBalance = findAll(element, 'Bal', 'Amt')[0]?.attributes.Ccy
  const currency = needed(findText(element, 'Acct', 'Ccy') ?? firstBalance, 'Acct/Ccy')
  if (!/^[A-Z]{3}$/.test(currency)) throw treasuryErrors.error('statement-incomplete', { field: 'Acct/Ccy' })
  const page = findText(element, 'StmtPgntn', 'LastPgInd')
  if (page === 'false') throw treasuryErrors.error('statement-incomplete', { field: 'StmtPgntn/LastPgInd' })
  const all = findAll(element, 'Ntry')
  const booked = all.filter((entry) => statusOf(entry) === 'BOOK')
  for (const entry of all) needed(statusOf(entry), 'Ntry/Sts')
  checkSummary(element, all, currency)
  return {
    format,
    account: plainAccount(needed(account, 'Acct/Id')),
    bankId: needed(findText(element, 'Id'), 'Stmt/Id').slice(0, 100),
    currency,
    opening: needed(readBalance(element, currency, ['OPBD', 'PRCD']), 'Bal OPBD'),
    closing: needed(readBalance(element, currency, ['CLBD']), 'Bal CLBD'),
    entries: booked.flatMap((entry) => readEntry(entry, currency)),
  }
}

/**
 * The statements of a camt.053 file: booked entries only, amounts in the smallest unit.
 * @throws treasury.statement-unreadable, statement-forbidden, statement-too-large, statement-incomplete,
 * statement-totals, statement-currency
 */
export function readCamt(bytes: Uint8Array): Statement[] {
  const root = readXml(bytes)
  const format = NAMESPACE.exec(root.namespace)?.[1]
  if (root.name !== 'Document' || !format) throw treasuryErrors.error('statement-unreadable')
  const statements = findAll(root, 'BkToCstmrStmt', 'Stmt')
  needed(findText(root, 'BkToCstmrStmt', 'GrpHdr', 'MsgId'), 'GrpHdr/MsgId')
  if (statements.length === 0) throw treasuryErrors.error('statement-incomplete', { field: 'Stmt' })
  return statements.map((statement) => readStatement(statement, format))
}
