import { describe, expect, test } from 'vitest'
import { comparePeople, fillGaps } from './compare-people.ts'
import { PatientFields } from './schema.ts'

const person = (fields: Partial<PatientFields> = {}) => PatientFields.parse({ patientId: 'X-1', ...fields })

describe('comparing what two arrivals say of one patient', () => {
  test('case, width, spaces and trailing carets are no difference', () => {
    const known = person({ patientName: 'LIN^YUE' })
    expect(comparePeople(known, person({ patientName: 'Lin^Yue^^^' }))).toEqual([])
    expect(comparePeople(known, person({ patientName: 'ＬＩＮ^ＹＵＥ' }))).toEqual([])
    expect(comparePeople(known, person({ patientName: ' lin ^  yue ' }))).toEqual([])
  })

  test('another name in a script that both carry is a difference', () => {
    const known = person({ patientName: 'LIN^YUE=林^月' })
    expect(comparePeople(known, person({ patientName: 'LIN^YUE=林^悦' }))).toEqual(['patientName'])
    expect(comparePeople(known, person({ patientName: 'LIN^HUA' }))).toEqual(['patientName'])
  })

  test('a name in another script alone cannot be compared and is no difference', () => {
    expect(comparePeople(person({ patientName: 'LIN^YUE' }), person({ patientName: '=林^月' }))).toEqual([])
  })

  test('two known birth dates or sexes that differ are differences; an unknown one is not', () => {
    const known = person({ birthDate: '19600229', sex: 'F' })
    expect(comparePeople(known, person({ birthDate: '19610301', sex: 'M' }))).toEqual(['birthDate', 'sex'])
    expect(comparePeople(known, person({ birthDate: '', sex: 'O' }))).toEqual([])
  })

  test('filling gaps adds what was unknown and replaces nothing', () => {
    const known = person({ patientName: 'LIN^YUE' })
    const filled = fillGaps(known, person({ patientName: 'lin^yue', birthDate: '19600229' }))
    expect(filled).toEqual(person({ patientName: 'LIN^YUE', birthDate: '19600229' }))
  })
})
