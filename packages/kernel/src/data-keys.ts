import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Database, Tx } from './database.ts'
import { defineErrors, invariant } from './errors.ts'
import type { Randomness } from './randomness.ts'

export type DataKeys = {
  /**
   * Seals bytes under this person's key, made at first use; `aad` binds them to their place.
   * @throws kernel.person-forgotten, kernel.wrong-master-key
   */
  readonly encrypt: (personId: string, bytes: Uint8Array, aad: Uint8Array | string) => Promise<Uint8Array>
  /** @throws kernel.person-forgotten, kernel.sealed-data-damaged */
  readonly decrypt: (personId: string, sealed: Uint8Array, aad: Uint8Array | string) => Promise<Uint8Array>
  /** Forgets a person: what was sealed can never be opened again, in no database, blob or backup made later. */
  readonly destroy: (personId: string) => Promise<void>
  /** People whose keys were destroyed; a restored older backup must forget them again. */
  readonly forgotten: () => Promise<string[]>
  /**
   * Wraps every key with a new master in one transaction and goes on with it. Keep both masters until it resolves.
   * @returns how many keys were wrapped anew.
   */
  readonly rewrap: (newMaster: Uint8Array) => Promise<number>
}

export const dataKeyErrors = defineErrors('kernel', {
  'person-forgotten': {
    status: 410,
    retryable: false,
    zh: { title: '此人的资料已按要求永久删除', notDone: '没有读出或写入任何资料。', todo: '资料无法恢复，无需再试。' },
    en: {
      title: 'The data of this person have been erased for good',
      notDone: 'Nothing was read or written.',
      todo: 'They cannot be brought back; there is nothing to try again.',
    },
  },
  'sealed-data-damaged': {
    status: 500,
    retryable: false,
    zh: { title: '加密资料已损坏或被改动', notDone: '没有读出任何资料。', todo: '请从备份恢复，并报告此问题。' },
    en: {
      title: 'The sealed data are damaged or were altered',
      notDone: 'Nothing was read.',
      todo: 'Restore them from a backup and report this problem.',
    },
  },
  'wrong-master-key': {
    status: 500,
    retryable: false,
    zh: {
      title: '主密钥与数据库不相符',
      notDone: '没有读出或写入任何资料。',
      todo: '请使用当前的主密钥文件，然后重新启动。',
    },
    en: {
      title: 'The master key does not belong to this database',
      notDone: 'Nothing was read or written.',
      todo: 'Use the current master key file and start again.',
    },
  },
})

const NONCE = 12
const TAG = 16
const VERSION = 1

/** Joins parts so that no two lists of parts give the same bytes. */
function bind(...parts: (Uint8Array | string)[]): Buffer {
  const pieces = parts.flatMap((part) => {
    const bytes = Buffer.from(part as Uint8Array)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  })
  return Buffer.concat(pieces)
}

function seal(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array, aad: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

function open(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
    decipher.setAAD(aad).setAuthTag(sealed.subarray(sealed.length - TAG))
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, sealed.length - TAG)), decipher.final()])
  } catch (cause) {
    throw dataKeyErrors.error('sealed-data-damaged', {}, cause)
  }
}

const wrapAad = (personId: string) => bind('bithive data key v1', personId)
const fingerprint = (master: Uint8Array) =>
  createHmac('sha256', master).update('bithive master key').digest('hex').slice(0, 32)

type Row = { readonly person_id: string; readonly master_id: string | null; readonly wrapped: Buffer | null }
type Deps = {
  readonly db: Database
  readonly master: Uint8Array
  readonly randomness: Randomness
  readonly clock: Clock
}

function wrap(master: Uint8Array, personId: string, key: Uint8Array, randomness: Randomness): Buffer {
  return seal(master, randomness.bytes(NONCE), key, wrapAad(personId))
}

function unwrap(master: Uint8Array, row: Row): Buffer {
  if (row.wrapped === null) throw dataKeyErrors.error('person-forgotten')
  if (row.master_id !== fingerprint(master)) throw dataKeyErrors.error('wrong-master-key')
  return open(master, row.wrapped, wrapAad(row.person_id))
}

async function findKey(db: Database, personId: string): Promise<Row | undefined> {
  const [row] = await db.worker<Row[]>`
    SELECT person_id, master_id, wrapped FROM kernel.data_key WHERE person_id = ${personId}`
  return row
}

/**
 * Holds the master's row until the transaction ends, so that a rotation and a new key wait for each other and no key
 * is left under a master that was given up.
 */
async function lockMaster(tx: Tx, master: Uint8Array): Promise<void> {
  const id = fingerprint(master)
  await tx`INSERT INTO kernel.data_key_master (master_id) VALUES (${id}) ON CONFLICT DO NOTHING`
  const [current] = await tx<{ master_id: string }[]>`SELECT master_id FROM kernel.data_key_master FOR UPDATE`
  if (current?.master_id !== id) throw dataKeyErrors.error('wrong-master-key')
}

async function createKey(deps: Deps, master: Uint8Array, personId: string): Promise<Row> {
  const { db, randomness, clock } = deps
  const wrapped = wrap(master, personId, randomness.bytes(32), randomness)
  await db.worker.begin(async (tx) => {
    await lockMaster(tx, master)
    await tx`INSERT INTO kernel.data_key (person_id, master_id, wrapped, created_at)
      VALUES (${personId}, ${fingerprint(master)}, ${wrapped}, ${new Date(clock.now())}) ON CONFLICT DO NOTHING`
  })
  const row = await findKey(db, personId)
  invariant(row, 'a data key exists once it was inserted')
  return row
}

type Rotation = { readonly from: Uint8Array; readonly to: Uint8Array; readonly randomness: Randomness }

async function rewrapPage(tx: Tx, rotation: Rotation, after: string): Promise<readonly Row[]> {
  const { from, to, randomness } = rotation
  const rows = await tx<Row[]>`
    SELECT person_id, master_id, wrapped FROM kernel.data_key
    WHERE person_id > ${after} AND wrapped IS NOT NULL ORDER BY person_id LIMIT 500`
  const people = rows.map((row) => row.person_id)
  const wrapped = rows.map((row) => wrap(to, row.person_id, unwrap(from, row), randomness).toString('hex'))
  await tx`UPDATE kernel.data_key k SET wrapped = decode(new.wrapped, 'hex'), master_id = ${fingerprint(to)}
    FROM unnest(${people}::text[], ${wrapped}::text[]) AS new (person_id, wrapped) WHERE k.person_id = new.person_id`
  return rows
}

async function rewrapAll(db: Database, rotation: Rotation): Promise<number> {
  return await db.worker.begin(async (tx) => {
    await lockMaster(tx, rotation.from)
    let done = 0
    let page = await rewrapPage(tx, rotation, '')
    for (let last = page.at(-1); last; last = page.at(-1)) {
      done += page.length
      page = await rewrapPage(tx, rotation, last.person_id)
    }
    await tx`UPDATE kernel.data_key_master SET master_id = ${fingerprint(rotation.to)}`
    return done
  })
}

/** The row stays without its key, so that no new key is ever made for that person; then the old row's bytes go. */
async function destroyKey(db: Database, personId: string, now: Date): Promise<void> {
  await db.worker`
    INSERT INTO kernel.data_key (person_id, created_at, destroyed_at) VALUES (${personId}, ${now}, ${now})
    ON CONFLICT (person_id) DO UPDATE SET wrapped = NULL, master_id = NULL, destroyed_at = excluded.destroyed_at
    WHERE kernel.data_key.wrapped IS NOT NULL`
  await db.worker`VACUUM kernel.data_key`
}

/**
 * One AES-256-GCM key a person, kept wrapped by the master key and never in memory longer than one call, so that a
 * key destroyed by one process is gone for all of them at once.
 * Sealed bytes: version 1, nonce (12), ciphertext, tag (16); the person and `aad` are authenticated with them.
 */
export function createDataKeys(deps: Deps): DataKeys {
  const { db, randomness, clock } = deps
  let master = Buffer.from(deps.master)
  invariant(master.length === 32, 'a master key has 32 bytes')
  const contentAad = (personId: string, aad: Uint8Array | string) => bind('bithive sealed v1', personId, aad)
  return {
    encrypt: async (personId, bytes, aad) => {
      const key = unwrap(master, (await findKey(db, personId)) ?? (await createKey(deps, master, personId)))
      return Buffer.concat([
        Uint8Array.of(VERSION),
        seal(key, randomness.bytes(NONCE), bytes, contentAad(personId, aad)),
      ])
    },
    decrypt: async (personId, sealed, aad) => {
      const row = await findKey(db, personId)
      // A key that never was cannot have sealed anything; making one here would hide a lost table.
      if (!row || sealed[0] !== VERSION || sealed.length < 1 + NONCE + TAG) {
        throw dataKeyErrors.error('sealed-data-damaged')
      }
      return open(unwrap(master, row), sealed.subarray(1), contentAad(personId, aad))
    },
    destroy: (personId) => destroyKey(db, personId, new Date(clock.now())),
    forgotten: async () => {
      const rows = await db.worker<{ person_id: string }[]>`
        SELECT person_id FROM kernel.data_key WHERE destroyed_at IS NOT NULL ORDER BY person_id`
      return rows.map((row) => row.person_id)
    },
    rewrap: async (newMaster) => {
      invariant(newMaster.length === 32, 'a master key has 32 bytes')
      const to = Buffer.from(newMaster)
      const count = await rewrapAll(db, { from: master, to, randomness })
      master = to
      return count
    },
  }
}
