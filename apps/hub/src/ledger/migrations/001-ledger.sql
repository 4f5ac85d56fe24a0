-- The ledger: the one place where value moves. Amounts are whole numbers of the asset's smallest unit.
-- The shard leads every key, so that a shard can move to a server of its own.
-- An account's id carries its shard in bits 57 to 62, so any reference to an account tells its shard.

CREATE SCHEMA ledger;
GRANT USAGE ON SCHEMA ledger TO :app, :worker;

-- The writer role holds the write rights; nobody signs in as it. Where the owner may not create roles
-- (a managed DATABASE_URL), the owner of the schema takes its place, and the rest of the file is the same.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_ledger') THEN
    BEGIN
      CREATE ROLE hub_ledger NOLOGIN;
    EXCEPTION
      WHEN insufficient_privilege THEN NULL;
      -- Two databases of one server may be migrated at the same moment; the other one made it.
      WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END IF;
  BEGIN
    EXECUTE format('GRANT hub_ledger TO %I', current_user);
  EXCEPTION
    WHEN insufficient_privilege OR undefined_object OR invalid_grant_operation THEN NULL;
    -- The grant is a row of a catalogue that all databases share; another migration wrote it at the same moment.
    WHEN internal_error OR unique_violation THEN NULL;
  END;
END $$;

CREATE FUNCTION ledger.writer() RETURNS name LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT rolname FROM pg_roles WHERE rolname = 'hub_ledger' AND pg_has_role(current_user, oid, 'MEMBER')),
    current_user)
$$;

CREATE TABLE ledger.shard (
  id int PRIMARY KEY CHECK (id BETWEEN 0 AND 63),
  -- The number of the last transfer; given under the shard's lock, so it has no gaps and follows the commits.
  last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
  -- Time never runs back inside a shard, whatever the clocks of its writers say.
  last_at_ms bigint NOT NULL DEFAULT 0,
  -- Fencing: a writer that still carries an older epoch is refused.
  epoch bigint NOT NULL DEFAULT 1,
  -- Set by the running check on a difference: transfers with a payout code are refused until it is cleared.
  stopped boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);
INSERT INTO ledger.shard (id) VALUES (0), (1);

CREATE TABLE ledger.asset (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE CHECK (code ~ '^[A-Z][A-Z0-9.-]{1,31}$'),
  scale int NOT NULL CHECK (scale BETWEEN 0 AND 18),
  -- 1 closed: never moves between two owners.
  flags int NOT NULL DEFAULT 0 CHECK (flags & ~1 = 0)
);

-- Flags: 1 debits must not exceed credits, 2 credits must not exceed debits, 4 frozen, 8 closed,
-- 16 the asset is closed, 32 account of the network. 16 and 32 follow from asset and owner and never change.
CREATE TABLE ledger.account (
  id bigint NOT NULL,
  debits_pending bigint NOT NULL DEFAULT 0,
  debits_posted bigint NOT NULL DEFAULT 0,
  credits_pending bigint NOT NULL DEFAULT 0,
  credits_posted bigint NOT NULL DEFAULT 0,
  opened_at_ms bigint NOT NULL,
  shard int NOT NULL REFERENCES ledger.shard (id),
  asset int NOT NULL REFERENCES ledger.asset (id),
  flags int NOT NULL,
  owner text NOT NULL,
  kind text NOT NULL,
  PRIMARY KEY (shard, id),
  UNIQUE (shard, owner, asset, kind),
  -- The second guard, behind the rules of ledger.apply. It runs on every update of a balance, so it holds nothing
  -- that cannot change; those rules stand in the trigger below.
  CONSTRAINT sums_hold CHECK (
    least(debits_pending, debits_posted, credits_pending, credits_posted) >= 0
    AND CASE flags & 3
      WHEN 0 THEN true
      WHEN 1 THEN credits_posted - debits_posted - debits_pending >= 0
      WHEN 2 THEN debits_posted - credits_posted - credits_pending >= 0
      ELSE false END)
) WITH (fillfactor = 50);

CREATE FUNCTION ledger.refuse_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger.account: owner, kind, id and flags do not fit' USING ERRCODE = 'LG004';
END $$;
CREATE TRIGGER account_fits BEFORE INSERT ON ledger.account FOR EACH ROW WHEN (NOT (
  new.id > 0 AND new.id >> 57 = new.shard AND new.flags & ~63 = 0 AND new.flags & 3 <> 3
  AND length(new.owner) BETWEEN 1 AND 120
  AND new.kind IN ('holder', 'escrow', 'fee', 'royalty', 'treasury', 'clearing', 'supply', 'pool')
  AND (new.flags & 32 = 32) = (new.owner = 'network' OR new.owner LIKE 'network:%')
  AND (new.kind NOT IN ('fee', 'treasury', 'clearing', 'supply', 'pool') OR new.flags & 32 = 32)
)) EXECUTE FUNCTION ledger.refuse_account();

CREATE TABLE ledger.transfer (
  seq bigint NOT NULL,
  debit bigint NOT NULL,
  credit bigint NOT NULL,
  amount bigint NOT NULL,
  -- Posted balances after this transfer: credits less debits.
  debit_after bigint NOT NULL,
  credit_after bigint NOT NULL,
  at_ms bigint NOT NULL,
  id uuid NOT NULL,
  shard int NOT NULL,
  code int NOT NULL,
  -- 1 linked to the next one of its chain, 2 hold, 4 post, 8 void.
  flags int NOT NULL,
  -- Post and void: the hold that they end, and its whole amount, so that sums need no join.
  pending_id uuid,
  pending_amount bigint,
  timeout_ms bigint,
  reference text,
  PRIMARY KEY (shard, seq),
  UNIQUE (shard, id),
  -- The second guard, behind the rules of ledger.apply; the most usual kind first.
  CONSTRAINT fits_its_step CHECK (debit <> credit AND CASE flags & ~1
    WHEN 0 THEN amount > 0 AND pending_id IS NULL AND pending_amount IS NULL AND timeout_ms IS NULL
    WHEN 2 THEN amount > 0 AND pending_id IS NULL AND pending_amount IS NULL AND coalesce(timeout_ms, 1) > 0
    WHEN 4 THEN amount > 0 AND pending_id IS NOT NULL AND coalesce(pending_amount, 0) >= amount AND timeout_ms IS NULL
    WHEN 8 THEN amount = 0 AND pending_id IS NOT NULL AND coalesce(pending_amount, 0) > 0 AND timeout_ms IS NULL
    ELSE false END),
  CHECK (length(reference) <= 200)
);
CREATE INDEX transfer_debit ON ledger.transfer (shard, debit, seq);
CREATE INDEX transfer_credit ON ledger.transfer (shard, credit, seq);

-- A hold is posted or voided exactly once: the primary key says so.
CREATE TABLE ledger.resolution (
  pending_id uuid NOT NULL,
  seq bigint NOT NULL,
  shard int NOT NULL,
  kind int NOT NULL CHECK (kind IN (4, 8)),
  PRIMARY KEY (shard, pending_id)
);

-- The holds that are still open: a working list for expiry, derived from transfers and resolutions.
CREATE TABLE ledger.hold (
  pending_id uuid NOT NULL,
  seq bigint NOT NULL,
  expires_at_ms bigint,
  shard int NOT NULL,
  PRIMARY KEY (shard, pending_id)
);
CREATE INDEX hold_due ON ledger.hold (shard, expires_at_ms) WHERE expires_at_ms IS NOT NULL;

-- The running check keeps its own sums, in numeric so that a spoilt row cannot overflow them.
CREATE TABLE ledger.checked_shard (
  shard int PRIMARY KEY REFERENCES ledger.shard (id),
  seq bigint NOT NULL
);
INSERT INTO ledger.checked_shard SELECT id, 0 FROM ledger.shard;
CREATE TABLE ledger.checked_account (
  shard int NOT NULL,
  id bigint NOT NULL,
  debits_pending numeric NOT NULL,
  debits_posted numeric NOT NULL,
  credits_pending numeric NOT NULL,
  credits_posted numeric NOT NULL,
  PRIMARY KEY (shard, id)
) WITH (fillfactor = 50);
CREATE TABLE ledger.stop (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  shard int NOT NULL REFERENCES ledger.shard (id),
  at_ms bigint NOT NULL,
  findings jsonb NOT NULL,
  cleared_at_ms bigint,
  cleared_by text,
  approved_by text,
  reason text,
  CHECK (cleared_at_ms IS NULL OR (cleared_by IS NOT NULL AND approved_by <> cleared_by AND reason IS NOT NULL))
);

-- Append-only, also for the roles that own the tables; only a superuser who switches the triggers off gets past.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger.% is append-only', TG_TABLE_NAME USING ERRCODE = 'LG003';
END $$;
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.transfer
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER resolution_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.resolution
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER account_stays BEFORE DELETE OR TRUNCATE ON ledger.account
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

-- Who sees what: an account by its owner, a transfer through either account, everything by the worker role.
-- The balances after a transfer belong to one side each, so the app role reads them through ledger.entries only.
ALTER TABLE ledger.account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger.transfer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger.resolution ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE ledger.hold ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_accounts ON ledger.account FOR SELECT TO :app
  USING (owner = current_setting('bithive.org_id', true));
CREATE POLICY through_either_account ON ledger.transfer FOR SELECT TO :app
  USING (EXISTS (SELECT FROM ledger.account a
    WHERE a.shard = transfer.shard AND a.id IN (transfer.debit, transfer.credit)));
CREATE POLICY with_its_transfer ON ledger.resolution FOR SELECT TO :app
  USING (EXISTS (SELECT FROM ledger.transfer t WHERE t.shard = resolution.shard AND t.id = resolution.pending_id));
CREATE POLICY with_its_transfer ON ledger.hold FOR SELECT TO :app
  USING (EXISTS (SELECT FROM ledger.transfer t WHERE t.shard = hold.shard AND t.id = hold.pending_id));
CREATE POLICY every_account ON ledger.account FOR SELECT TO :worker USING (true);
CREATE POLICY every_transfer ON ledger.transfer FOR SELECT TO :worker USING (true);
CREATE POLICY every_resolution ON ledger.resolution FOR SELECT TO :worker USING (true);
CREATE POLICY every_hold ON ledger.hold FOR SELECT TO :worker USING (true);

GRANT SELECT ON ledger.shard, ledger.asset, ledger.account, ledger.resolution, ledger.hold TO :app, :worker;
GRANT SELECT (shard, seq, id, debit, credit, amount, flags, code, pending_id, pending_amount, timeout_ms,
  reference, at_ms) ON ledger.transfer TO :app;
GRANT SELECT ON ledger.transfer TO :worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.checked_shard, ledger.checked_account TO :worker;
GRANT SELECT ON ledger.stop TO :worker;

DO $$
DECLARE
  writer name := ledger.writer();
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['account', 'transfer', 'resolution', 'hold'] LOOP
    EXECUTE format('CREATE POLICY writer ON ledger.%I TO %I USING (true) WITH CHECK (true)', t, writer);
  END LOOP;
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA ledger TO %I', writer);
  EXECUTE format('GRANT SELECT ON ledger.shard, ledger.asset, ledger.account, ledger.transfer, ledger.resolution,
    ledger.hold, ledger.stop TO %I', writer);
  EXECUTE format('GRANT INSERT ON ledger.asset, ledger.account, ledger.transfer, ledger.resolution, ledger.hold,
    ledger.stop TO %I', writer);
  EXECUTE format('GRANT DELETE ON ledger.hold TO %I', writer);
  EXECUTE format('GRANT UPDATE ON ledger.shard TO %I', writer);
  EXECUTE format('GRANT UPDATE (findings, cleared_at_ms, cleared_by, approved_by, reason)
    ON ledger.stop TO %I', writer);
  EXECUTE format('GRANT UPDATE (debits_pending, debits_posted, credits_pending, credits_posted, flags)
    ON ledger.account TO %I', writer);
END $$;
