import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  findReferences,
  isReference,
  makeReference,
  onlyReference,
  randomBody,
  spacedReference,
} from './creditor-reference.ts'
import { splitCsv } from './read-statement-csv.ts'
import { mustReconcile } from './statement.ts'
import { readStatementFile } from './take-statement.ts'
import { type CamtEntry, camt, csvStatement } from './test-statements.ts'

const read = (text: string) => readStatementFile(Buffer.from(text))
const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return 'taken'
}
const entry: CamtEntry = { amount: '250.00', reference: 'RF18539007547034' }

describe('a camt.053 file', () => {
  test.each(['02', '03', '04', '05', '06', '07', '08', '09', '10', '13'])('of version .001.%s is read', (version) => {
    const [statement] = read(camt({ version, opening: '100.00', entries: [entry, { amount: '20.5', out: true }] }))
    expect(statement).toMatchObject({
      ...{ format: `camt.053.001.${version}`, account: 'CN00SAMPLE0001', currency: 'CNY', bankId: 'STM-1' },
      ...{ opening: 10_000n, closing: 32_950n },
    })
    expect(statement?.entries).toEqual([
      {
        direction: 'in',
        amount: 25_000n,
        bookedOn: '2026-11-23',
        bankRef: 'B-1',
        serviceRef: 'B-1',
        words: ['RF18539007547034'],
      },
      { direction: 'out', amount: 2_050n, bookedOn: '2026-11-23', bankRef: 'B-2', serviceRef: 'B-2', words: [] },
    ])
  })

  test('counts booked entries only: what is pending or informative moves nothing', () => {
    const pending: CamtEntry = { amount: '999.00', status: 'PDNG' }
    const [statement] = read(camt({ opening: '0.00', entries: [entry, pending, { amount: '1.00', status: 'INFO' }] }))
    expect(statement?.entries.map(({ amount }) => amount)).toEqual([25_000n])
  })

  test('finds the reference wherever payers and banks put it', () => {
    for (const place of ['Strd', 'Ustrd', 'EndToEndId'] as const) {
      const [statement] = read(camt({ opening: '0.00', entries: [{ ...entry, place }] }))
      expect(statement?.entries[0]?.words.flatMap(findReferences)).toEqual(['RF18539007547034'])
    }
  })

  test('takes the parts of a batch as movements of their own only when they add up to it', () => {
    const parts = [
      { amount: '100.00', reference: 'RF18539007547034' },
      { amount: '150.00', reference: 'RF18539007547034' },
    ]
    const amounts = (batch: typeof parts) =>
      read(camt({ opening: '0.00', entries: [{ amount: '250.00', batch }] }))[0]?.entries.map((one) => [
        ...[one.amount, one.words.length],
      ])
    expect(amounts(parts)).toEqual([
      [10_000n, 1],
      [15_000n, 1],
    ])
    expect(amounts([{ ...parts[0], amount: '101.00' } as (typeof parts)[0], parts[1] as (typeof parts)[0]])).toEqual([
      [25_000n, 0],
    ])
  })

  test.each([
    [
      'a document type',
      (xml: string) => xml.replace('<Document', '<!DOCTYPE Document><Document'),
      'statement-forbidden',
    ],
    [
      'an entity that grows',
      (xml: string) =>
        xml
          .replace('<Document', '<!DOCTYPE d [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><Document')
          .replace('STM-1', '&b;'),
      'statement-forbidden',
    ],
    ['an external entity', (xml: string) => xml.replace('STM-1', '&file;'), 'statement-unreadable'],
    ['a processing instruction', (xml: string) => xml.replace('<BkTo', '<?php x?><BkTo'), 'statement-forbidden'],
    ['another encoding', (xml: string) => xml.replace('UTF-8', 'UTF-16'), 'statement-unreadable'],
    ['half a file', (xml: string) => xml.slice(0, xml.length / 2), 'statement-unreadable'],
    ['another message', (xml: string) => xml.replaceAll('camt.053.001.08', 'camt.054.001.08'), 'statement-unreadable'],
    ['no closing balance', (xml: string) => xml.replace('CLBD', 'CLAV'), 'statement-incomplete'],
    ['no account', (xml: string) => xml.replace(/<Acct>.*?<\/Acct>/s, ''), 'statement-incomplete'],
    [
      'an entry in another currency',
      (xml: string) => xml.replace('<Ntry><Amt Ccy="CNY"', '<Ntry><Amt Ccy="USD"'),
      'statement-currency',
    ],
    ['a day that does not exist', (xml: string) => xml.replaceAll('2026-11-23', '2026-02-30'), 'statement-incomplete'],
    ['parts of a cent', (xml: string) => xml.replaceAll('250.00', '250.001'), 'statement-incomplete'],
    ['a negative amount', (xml: string) => xml.replaceAll('>250.00', '>-250.00'), 'statement-incomplete'],
    [
      'pages that are still to come',
      (xml: string) => xml.replace('<Acct>', '<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn><Acct>'),
      'statement-incomplete',
    ],
    [
      'a summary that is wrong',
      (xml: string) =>
        xml.replace('<Ntry>', '<TxsSummry><TtlNtries><NbOfNtries>7</NbOfNtries></TtlNtries></TxsSummry><Ntry>'),
      'statement-totals',
    ],
    [
      'more depth than data have',
      (xml: string) => xml.replace('<Acct>', `${'<a>'.repeat(60)}${'</a>'.repeat(60)}<Acct>`),
      'statement-too-large',
    ],
    ['a text without end', (xml: string) => xml.replace('STM-1', 'x'.repeat(5_000)), 'statement-too-large'],
  ])('with %s is refused', (_, change, code) => {
    const xml = camt({ opening: '0.00', entries: [entry] })
    expect(change(xml)).not.toBe(xml)
    expect(codeOf(() => read(change(xml)))).toBe(`treasury.${code}`)
  })

  test('of more than eight megabytes is refused unread', () => {
    expect(codeOf(() => readStatementFile(Buffer.alloc(9 * 1_048_576, '<')))).toBe('treasury.statement-too-large')
  })

  test('whatever bytes come, the answer is a typed refusal or a statement that adds up', () => {
    const xml = camt({ opening: '0.00', entries: [entry] })
    fc.assert(
      fc.property(fc.nat(xml.length - 1), fc.string({ maxLength: 4 }), fc.nat(6), (at, text, cut) => {
        const code = codeOf(() => read(xml.slice(0, at) + text + xml.slice(at + cut)).forEach(mustReconcile))
        expect(code === 'taken' || code.startsWith('treasury.statement-')).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the totals of a statement', () => {
  const movements = fc.array(fc.tuple(fc.boolean(), fc.bigInt(1n, 10n ** 12n)), { maxLength: 30 })
  const text = (amount: bigint) => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`

  test('agree with a twin that adds in cents, and are refused when they are off by one unit, in either format', () => {
    fc.assert(
      fc.property(movements, fc.constantFrom(-1n, 0n, 1n), fc.boolean(), (list, off, asCsv) => {
        let balance = 10n ** 14n
        const entries = list.map(([out, amount]) => {
          balance += out ? -amount : amount
          return { amount: text(amount), out }
        })
        const given = { opening: text(10n ** 14n), closing: text(balance + off), entries }
        const statements = read(asCsv ? csvStatement(given) : camt(given))
        const code = codeOf(() => statements.forEach(mustReconcile))
        expect(code).toBe(off === 0n ? 'taken' : 'treasury.statement-totals')
      }),
    )
  })
})

describe('the documented CSV', () => {
  test('is read, with quotes, CRLF and a movement that went out', () => {
    const [statement] = read(
      csvStatement({
        opening: '5.00',
        entries: [
          { amount: '1.5', reference: 'say "RF18 5390 0754 7034", thanks' },
          { amount: '2', out: true },
        ],
      }).replaceAll('\n', '\r\n'),
    )
    expect(statement).toMatchObject({ format: 'csv-1', opening: 500n, closing: 450n })
    expect(statement?.entries[0]?.words.flatMap(findReferences)).toEqual(['RF18539007547034'])
    expect(statement?.entries[1]).toMatchObject({ direction: 'out', amount: 200n })
  })

  test.each([
    ['another header', (csv: string) => csv.replace('record', 'type'), 'statement-unreadable'],
    ['an open quote', (csv: string) => `${csv}entry,"x,,,2026-11-23,1.00,`, 'statement-unreadable'],
    ['two opening balances', (csv: string) => `${csv}opening,,,,,1.00,\n`, 'statement-incomplete'],
    ['an unknown record', (csv: string) => `${csv}gift,,,,2026-11-23,1.00,\n`, 'statement-unreadable'],
    ['no closing balance', (csv: string) => csv.replace(/closing.*\n/, ''), 'statement-incomplete'],
  ])('with %s is refused', (_, change, code) => {
    const csv = csvStatement({ opening: '5.00', entries: [{ amount: '1.00' }] })
    expect(codeOf(() => read(change(csv)))).toBe(`treasury.${code}`)
  })

  test('what is quoted comes back as it was', () => {
    const field = fc.string({ maxLength: 20 }).filter((one) => !one.includes('\r'))
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const csv = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\n')
        expect(splitCsv(`${csv}\n`)).toEqual(rows)
      }),
    )
  })
})

describe('payment references', () => {
  test('the example of ISO 11649 is one, and no change of one letter or swap of two neighbours of ours is', () => {
    expect(isReference('RF18539007547034')).toBe(true)
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.nat(15),
        fc.constantFrom(...'BCDFGHJKMNPQRSTVWXYZ'),
        (bytes, at, letter) => {
          const body = randomBody(bytes)
          const reference = makeReference(body)
          expect(isReference(reference)).toBe(true)
          const changed = `${reference.slice(0, 4)}${body.slice(0, at)}${letter}${body.slice(at + 1)}`
          expect(isReference(changed)).toBe(changed === reference)
          const swapped = body.slice(0, at) + (body[at + 1] ?? '') + (body[at] ?? '') + body.slice(at + 2)
          expect(isReference(`${reference.slice(0, 4)}${swapped}`)).toBe(swapped === body)
        },
      ),
    )
  })

  test('are found as people and banks write them', () => {
    const reference = makeReference(randomBody(Buffer.alloc(16, 7)))
    for (const text of [
      reference.toLowerCase(),
      spacedReference(reference),
      `Invoice 12 ${reference}`,
      `${reference}/THANKS`,
      `REF:${spacedReference(reference)} for November`,
    ]) {
      expect(findReferences(text)).toEqual([reference])
    }
    expect(findReferences(`${reference.slice(0, -1)}`)).toEqual([])
    expect(findReferences('no reference here, only RF and 12')).toEqual([])
  })

  const random = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => makeReference(randomBody(bytes)))

  test('are the same as those of a twin that tries every length', () => {
    const twin = (candidate: string) =>
      [20, ...Array.from({ length: 21 }, (_, index) => 25 - index)]
        .filter((size) => size <= candidate.length)
        .map((size) => candidate.slice(0, size))
        .find(isReference)
    const tail = fc.string({ unit: fc.constantFrom(...'0123456789RFAB'), minLength: 1, maxLength: 23 })
    fc.assert(
      fc.property(
        fc.oneof(
          tail,
          random.map((one) => `${one.slice(2)}X7`),
        ),
        (rest) => {
          const text = `RF${rest}`.slice(0, 25)
          const wanted = twin(text)
          expect(findReferences(text)).toEqual(wanted === undefined ? [] : [wanted])
        },
      ),
      { numRuns: 3_000 },
    )
  })

  test('that are many are not guessed among, and the search ends at the third', () => {
    fc.assert(
      fc.property(fc.uniqueArray(random, { minLength: 4, maxLength: 8 }), (many) => {
        expect(findReferences(many.join(' / '))).toEqual(many.slice(0, 3))
        expect(onlyReference(many)).toBeUndefined()
        expect(onlyReference([many[0] as string, 'thanks', many[0] as string])).toBe(many[0])
        expect(onlyReference(Array.from({ length: 51 }, () => many[0] as string))).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  test('that are made to be slow to find are searched for at once', () => {
    const startedAt = performance.now()
    const hostile = ['R F 12 '.repeat(143), 'RF 1 '.repeat(200), `RF${' '.repeat(900)}12`, 'R-F-9'.repeat(200)]
    for (let n = 0; n < 2_000; n++) for (const text of hostile) findReferences(text)
    expect(onlyReference(Array.from({ length: 8_000 }, () => hostile[0] as string))).toBeUndefined()
    expect(performance.now() - startedAt).toBeLessThan(6_000)
  })

  test('of more texts than a statement has are not searched for at all', () => {
    const words = Array.from({ length: 61_000 }, () => 'R F 12')
    const entries = [{ ...{ direction: 'in' as const, amount: 1n, bookedOn: '2026-11-23' }, words }]
    const money = { account: 'A', bankId: 'S-1', format: 'csv-1', currency: 'CNY', opening: 0n, closing: 1n }
    const references = { bankRef: undefined, serviceRef: undefined }
    const statement = { ...money, entries: entries.map((one) => ({ ...one, ...references })) }
    expect(codeOf(() => mustReconcile(statement))).toBe('treasury.statement-too-large')
  })
})
