import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type Sql } from '@bithive/kernel/database'
import type { AccountId } from '../apps/hub/src/ledger/index.ts'
import { ids, type Move } from './ledger-lab.ts'

/** The classic way, as fairly as we can write it: rows locked in order of their ids, so that it cannot deadlock. */
const ONE_BY_ONE = `
  CREATE SCHEMA classic;
  CREATE TABLE classic.account (id bigint PRIMARY KEY, debits bigint NOT NULL DEFAULT 0,
    credits bigint NOT NULL DEFAULT 0, CHECK (debits <= credits)) WITH (fillfactor = 50);
  CREATE TABLE classic.transfer (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL UNIQUE,
    debit bigint NOT NULL, credit bigint NOT NULL, amount bigint NOT NULL, debit_after bigint NOT NULL,
    credit_after bigint NOT NULL, at_ms bigint NOT NULL, code int NOT NULL);
  CREATE INDEX ON classic.transfer (debit, seq);
  CREATE INDEX ON classic.transfer (credit, seq);
  CREATE FUNCTION classic.move(p_id uuid, p_debit bigint, p_credit bigint, p_amount bigint, p_code int, p_at bigint)
  RETURNS int LANGUAGE plpgsql AS $$
  DECLARE
    d classic.account; c classic.account;
  BEGIN
    IF p_amount <= 0 OR p_debit = p_credit THEN RETURN 11; END IF;
    PERFORM FROM classic.account WHERE id IN (p_debit, p_credit) ORDER BY id FOR UPDATE;
    SELECT * INTO d FROM classic.account WHERE id = p_debit;
    SELECT * INTO c FROM classic.account WHERE id = p_credit;
    IF d.id IS NULL OR c.id IS NULL THEN RETURN 20; END IF;
    IF EXISTS (SELECT FROM classic.transfer WHERE id = p_id) THEN RETURN 1; END IF;
    IF d.debits + p_amount > d.credits THEN RETURN 40; END IF;
    UPDATE classic.account SET debits = debits + p_amount WHERE id = p_debit;
    UPDATE classic.account SET credits = credits + p_amount WHERE id = p_credit;
    INSERT INTO classic.transfer (id, debit, credit, amount, debit_after, credit_after, at_ms, code)
      VALUES (p_id, p_debit, p_credit, p_amount, d.credits - d.debits - p_amount,
        c.credits + p_amount - c.debits, p_at, p_code);
    RETURN 0;
  END $$;`

export type Peer = { readonly move: Move; readonly sql: Sql }

const START = 1_000_000_000n

/** One transaction and two row locks a transfer. */
export async function openOneByOne(url: string, accounts: readonly AccountId[], connections: number): Promise<Peer> {
  const sql = connect(url, { database: 'hub', max: connections })
  await sql.unsafe(ONE_BY_ONE)
  const all = accounts.map(String)
  await sql`INSERT INTO classic.account (id, credits) SELECT id::bigint, ${START} FROM unnest(${all}::text[]) q(id)`
  return {
    sql,
    move: async ({ debit, credit }) => {
      const [row] = await sql<{ code: number }[]>`
        SELECT classic.move(${ids.uuid()}, ${debit}, ${credit}, 1, 130, ${Date.now()}) AS code`
      if (row?.code !== 0) throw new Error('a transfer of the peer was not booked')
    },
  }
}

/**
 * pgledger (github.com/pgr0ss/pgledger, MIT), from a copy in a folder that the caller gives: its SQL is loaded into a
 * database of its own, beside ours on the same server. Nothing of it is part of this repository.
 */
export async function openPgledger(url: string, folder: string, accounts: number, connections: number) {
  const admin = connect(url, { max: 1 })
  await admin.unsafe('CREATE DATABASE pgledger_bench')
  await admin.end()
  const sql = connect(url, { database: 'pgledger_bench', max: connections })
  for (const file of ['vendor/scoville-pgsql-ulid/uuid-to-ulid.sql', 'pgledger.sql']) {
    await sql.unsafe(readFileSync(join(folder, file), 'utf8'))
  }
  const rows = await sql<{ id: string }[]>`
    SELECT a.id FROM generate_series(1, ${accounts}::int) g,
      LATERAL pgledger_create_account('bench ' || g, 'CNY') a`
  const names = rows.map(({ id }) => id)
  const one = () => names[Math.floor(Math.random() * names.length)] as string
  const hot = names[0] as string
  const between = (pick: () => string) => async () => {
    const from = one()
    let to = pick()
    while (to === from) to = one()
    await sql`SELECT * FROM pgledger_create_transfer(${from}, ${to}, 1)`
  }
  return { sql, spread: between(one) as Move, hot: between(() => hot) as Move }
}
