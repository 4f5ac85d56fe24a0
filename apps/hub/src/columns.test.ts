import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hubMigrations } from './app.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: [...hubMigrations] })
})
afterAll(() => db.drop())

type Column = { readonly name: string; readonly type: string; readonly checked: boolean }

async function columns(): Promise<Column[]> {
  return await db.owner<Column[]>`
    SELECT n.nspname || '.' || c.relname || '.' || a.attname AS name, format_type(a.atttypid, NULL) AS type,
      EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f')
        AND a.attnum = ANY(k.conkey)) AS checked
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1`
}

/** What a patient identifier is called in DICOM, FHIR, HL7 and hospital systems. */
const PATIENT = /patient|birth|mrn|medical_record|accession|given_name|family_name|national_id|passport|insur|diagnos/i
const DICOM = /(study|series|sop|instance)_?(instance_?)?uid|dicom|pixel/i

describe('the schema of the hub', () => {
  test('has no column that is meant for a patient identifier or a DICOM one', async () => {
    const found = await columns()
    expect(found.length).toBeGreaterThan(100)
    expect(found.filter(({ name }) => PATIENT.test(name) || DICOM.test(name))).toEqual([])
  })

  test('would be caught with one: a planted column is found', async () => {
    await db.owner`ALTER TABLE compute.jobs ADD COLUMN patient_name text`
    const found = (await columns()).filter(({ name }) => PATIENT.test(name))
    await db.owner`ALTER TABLE compute.jobs DROP COLUMN patient_name`
    expect(found.map(({ name }) => name)).toEqual(['compute.jobs.patient_name'])
  })

  test('shows every column that takes free text, so that a new one is looked at', async () => {
    const free = (await columns()).filter(
      ({ type, checked }) => /^(text|jsonb?|character varying)/.test(type) && !checked,
    )
    expect(free.map(({ name }) => name)).toMatchSnapshot()
  })
})
