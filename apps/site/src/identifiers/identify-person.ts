import { createHmac } from 'node:crypto'
import { invariant } from '@bithive/kernel/errors'
import { comparePeople, fillGaps, foldFields } from './compare-people.ts'
import type { IdentifiersDeps } from './deps.ts'
import { identifierErrors } from './errors.ts'
import { PatientFields, type PatientFieldsInput } from './schema.ts'
import * as store from './store.ts'

/** Length-prefixed, so that no two pairs of issuer and id give one text. */
export const hmac = (key: Uint8Array, ...parts: readonly string[]) => {
  const hash = createHmac('sha256', key)
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return new Uint8Array(hash.digest())
}

const fieldsContext = (personId: string) => `identifiers.person:${personId}`

async function sealFields(deps: IdentifiersDeps, personId: string, fields: PatientFields): Promise<Uint8Array> {
  return deps.dataKeys.encrypt(personId, Buffer.from(JSON.stringify(fields)), fieldsContext(personId))
}

export async function openFields(deps: IdentifiersDeps, personId: string, bytes: Uint8Array): Promise<PatientFields> {
  const plain = await deps.dataKeys.decrypt(personId, bytes, fieldsContext(personId))
  return PatientFields.parse(JSON.parse(Buffer.from(plain).toString('utf8')))
}

/** Crockford base 32 without I, L, O and U: nobody reads one character for another. */
function newPseudonym(random: Uint8Array): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  return `BH-${[...random].map((byte) => alphabet[byte & 31]).join('')}`
}

async function refuseConflict(
  deps: IdentifiersDeps,
  personId: string,
  offered: PatientFields,
  differs: readonly string[],
): Promise<void> {
  const hash = hmac(deps.lookupKey, 'offer', foldFields(offered))
  const known = await deps.db.asOrg(deps.orgId, (tx) => store.findOffer(tx, personId, hash))
  if (known?.resolution === 'same-person') return
  let conflictId = known?.conflictId
  if (!conflictId) {
    const bytes = Buffer.from(JSON.stringify(offered))
    const row = {
      conflictId: deps.ids.next('cfl'),
      orgId: deps.orgId,
      personId,
      differs,
      hash,
      offered: await deps.dataKeys.encrypt(personId, bytes, `identifiers.conflict:${personId}`),
      nowMs: deps.clock.now(),
    }
    const made = await deps.db.asOrg(deps.orgId, (tx) => store.insertConflict(tx, row))
    conflictId = made
      ? row.conflictId
      : (await deps.db.asOrg(deps.orgId, (tx) => store.findOffer(tx, personId, hash)))?.conflictId
    deps.log.warn({ personId, conflictId, differs }, 'patient details conflict')
  }
  throw identifierErrors.error('conflict', { personId, conflictId: conflictId ?? '', differs: differs.join(',') })
}

function readFields(input: PatientFieldsInput): PatientFields {
  const checked = PatientFields.safeParse(input)
  if (!checked.success) {
    throw identifierErrors.error('unreadable-fields', { field: String(checked.error.issues[0]?.path[0] ?? '') })
  }
  if (checked.data.patientId === '') throw identifierErrors.error('no-patient-id')
  return checked.data
}

/**
 * Finds or makes the person behind a patient id. The same issuer and id are the same person; details that speak
 * against it are recorded and refused, never merged.
 * @returns the person's pseudonymous id, `per_…`
 * @throws identifiers.no-patient-id, identifiers.unreadable-fields, identifiers.conflict
 */
export const identifyPerson = (deps: IdentifiersDeps) => {
  invariant(deps.lookupKey.length >= 32, 'the lookup key has at least 32 bytes')
  return async (input: PatientFieldsInput): Promise<string> => {
    const offered = readFields(input)
    const hash = hmac(deps.lookupKey, 'patient', offered.issuerOfPatientId, offered.patientId)
    for (;;) {
      const known = await deps.db.asOrg(deps.orgId, (tx) => store.findByHash(tx, hash))
      if (known) {
        // Between the mark and the erasure the old person can no longer be used, and the id is not free yet.
        if (known.forgettingAtMs !== null || known.fields === null) {
          throw identifierErrors.error('forgotten', { personId: known.personId })
        }
        const fields = await openFields(deps, known.personId, known.fields)
        const differs = comparePeople(fields, offered)
        if (differs.length > 0) await refuseConflict(deps, known.personId, offered, differs)
        else {
          const filled = fillGaps(fields, offered)
          if (JSON.stringify(filled) !== JSON.stringify(fields)) {
            const sealed = await sealFields(deps, known.personId, filled)
            await deps.db.asOrg(deps.orgId, (tx) => store.updateFields(tx, known.personId, sealed))
          }
        }
        return known.personId
      }
      const personId = deps.ids.next('per')
      const row = {
        personId,
        orgId: deps.orgId,
        pseudonym: newPseudonym(deps.randomness.bytes(12)),
        hash,
        fields: await sealFields(deps, personId, offered),
        nowMs: deps.clock.now(),
      }
      if (await deps.db.asOrg(deps.orgId, (tx) => store.insertPerson(tx, row))) return personId
      // Two images of one new patient arrived together: the other was first, so this key belongs to nobody.
      await deps.dataKeys.destroy(personId)
    }
  }
}
