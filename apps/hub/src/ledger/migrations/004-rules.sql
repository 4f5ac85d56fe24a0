-- More kinds of account, a limit for a post above its hold, reversal, freezing each way, the most an account may hold,
-- and the lock strategy.

ALTER TABLE ledger.shard ADD COLUMN lock text NOT NULL DEFAULT 'advisory' CHECK (lock IN ('advisory', 'row'));

-- Flags of an account, further: 64 nothing may go out, 128 nothing may come in, 256 max_balance counts.
-- custody: what a bank or a chain holds for the network, so it stands in debit. quality-pool: as pool.
ALTER TABLE ledger.account ADD COLUMN max_balance bigint;
DROP TRIGGER account_fits ON ledger.account;
CREATE TRIGGER account_fits BEFORE INSERT ON ledger.account FOR EACH ROW WHEN (NOT (
  new.id > 0 AND new.id >> 57 = new.shard AND new.flags & ~63 = 0 AND new.flags & 3 <> 3
  AND length(new.owner) BETWEEN 1 AND 120 AND new.max_balance IS NULL
  AND new.kind IN ('holder', 'escrow', 'fee', 'royalty', 'treasury', 'clearing', 'custody', 'supply', 'pool',
    'quality-pool')
  AND (new.flags & 32 = 32) = (new.owner = 'network' OR new.owner LIKE 'network:%')
  AND (new.kind IN ('holder', 'escrow', 'royalty') OR new.flags & 32 = 32)
)) EXECUTE FUNCTION ledger.refuse_account();

-- Who froze, thawed or limited an account, and why. Balances do not show it, so it has a list of its own.
CREATE TABLE ledger.account_event (
  shard int NOT NULL REFERENCES ledger.shard (id),
  account bigint NOT NULL,
  number int NOT NULL,
  at_ms bigint NOT NULL,
  outgoing_frozen boolean NOT NULL,
  incoming_frozen boolean NOT NULL,
  max_balance bigint,
  by_actor text NOT NULL CHECK (length(by_actor) BETWEEN 1 AND 120),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  PRIMARY KEY (shard, account, number)
);
CREATE TRIGGER account_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.account_event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
ALTER TABLE ledger.account_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY every_event ON ledger.account_event FOR SELECT TO :worker USING (true);
GRANT SELECT ON ledger.account_event TO :worker;

-- Hold: the most that its post may take, when that is more than the hold. Flag 16: a reversal; pending_id names what
-- it reverses, and ledger.resolution says that this happens once.
ALTER TABLE ledger.transfer ADD COLUMN post_limit bigint;
ALTER TABLE ledger.transfer DROP CONSTRAINT fits_its_step;
ALTER TABLE ledger.transfer ADD CONSTRAINT fits_its_step CHECK (debit <> credit AND CASE flags & ~1
  WHEN 0 THEN amount > 0 AND pending_id IS NULL AND pending_amount IS NULL AND timeout_ms IS NULL
  WHEN 2 THEN amount > 0 AND pending_id IS NULL AND pending_amount IS NULL AND coalesce(timeout_ms, 1) > 0
    AND coalesce(post_limit, amount) >= amount
  WHEN 4 THEN amount > 0 AND pending_id IS NOT NULL AND coalesce(pending_amount, 0) > 0 AND timeout_ms IS NULL
  WHEN 8 THEN amount = 0 AND pending_id IS NOT NULL AND coalesce(pending_amount, 0) > 0 AND timeout_ms IS NULL
  WHEN 16 THEN amount > 0 AND pending_id IS NOT NULL AND pending_amount IS NULL AND timeout_ms IS NULL
  ELSE false END);
ALTER TABLE ledger.resolution DROP CONSTRAINT resolution_kind_check;
ALTER TABLE ledger.resolution ADD CHECK (kind IN (4, 8, 16));

-- Why a hold was made, so that those of the ledger's own levelling are found without reading the others.
ALTER TABLE ledger.hold ADD COLUMN code int;
UPDATE ledger.hold h SET code = t.code FROM ledger.transfer t WHERE t.shard = h.shard AND t.seq = h.seq;
ALTER TABLE ledger.hold ALTER COLUMN code SET NOT NULL;
CREATE INDEX hold_clearing ON ledger.hold (shard, seq) WHERE code IN (150, 151);

-- The shard leads every key.
ALTER TABLE ledger.stop DROP CONSTRAINT stop_pkey;
ALTER TABLE ledger.stop ADD PRIMARY KEY (shard, id);

GRANT SELECT (post_limit) ON ledger.transfer TO :app;

-- Takes the lock of a shard for the rest of the transaction: an advisory lock, or the shard's row where an engine has
-- no such locks. All writers of a shard must use one kind, so the shard itself says which; read again once it is held,
-- because it may have been changed meanwhile.
CREATE FUNCTION ledger.lock_shard(p_shard int) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  how text;
  still text;
BEGIN
  LOOP
    SELECT t.lock INTO how FROM ledger.shard t WHERE t.id = p_shard;
    IF how = 'advisory' THEN
      PERFORM pg_advisory_xact_lock(7001, p_shard);
    ELSE
      PERFORM FROM ledger.shard t WHERE t.id = p_shard FOR UPDATE;
    END IF;
    SELECT t.lock INTO still FROM ledger.shard t WHERE t.id = p_shard;
    EXIT WHEN still IS NOT DISTINCT FROM how;
  END LOOP;
END $$;

-- Changes the kind of lock, under both kinds.
CREATE FUNCTION ledger.use_lock(p_shard int, p_lock text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7001, p_shard);
  PERFORM FROM ledger.shard t WHERE t.id = p_shard FOR UPDATE;
  UPDATE ledger.shard t SET lock = p_lock WHERE t.id = p_shard;
END $$;

CREATE OR REPLACE FUNCTION ledger.mark_account(p_shard int, p_id bigint, p_set int, p_clear int) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM ledger.lock_shard(p_shard);
  UPDATE ledger.account t SET flags = (t.flags | (p_set & 12)) & ~(p_clear & 12)
    WHERE t.shard = p_shard AND t.id = p_id
      AND (p_set & 8 = 0 OR (t.debits_posted = t.credits_posted AND t.debits_pending = 0 AND t.credits_pending = 0));
  RETURN FOUND;
END $$;

-- Freezes each way or frees, and sets or lifts the most that the account may hold; null leaves a thing as it is, and
-- a limit of -1 lifts it. Under the shard's lock: once it returns, nothing moves that may not.
CREATE FUNCTION ledger.restrict_account(p_shard int, p_id bigint, p_now_ms bigint, p_outgoing boolean,
  p_incoming boolean, p_max_balance bigint, p_by text, p_reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  now_flags int;
  now_max bigint;
BEGIN
  PERFORM ledger.lock_shard(p_shard);
  UPDATE ledger.account t SET
    max_balance = CASE WHEN p_max_balance IS NULL THEN t.max_balance WHEN p_max_balance < 0 THEN NULL
      ELSE p_max_balance END,
    flags = t.flags & ~(CASE WHEN p_outgoing IS NULL THEN 0 ELSE 64 END
        | CASE WHEN p_incoming IS NULL THEN 0 ELSE 128 END | CASE WHEN p_max_balance IS NULL THEN 0 ELSE 256 END)
      | CASE WHEN p_outgoing THEN 64 ELSE 0 END | CASE WHEN p_incoming THEN 128 ELSE 0 END
      | CASE WHEN p_max_balance >= 0 THEN 256 ELSE 0 END
    WHERE t.shard = p_shard AND t.id = p_id
    RETURNING t.flags, t.max_balance INTO now_flags, now_max;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO ledger.account_event (shard, account, number, at_ms, outgoing_frozen, incoming_frozen, max_balance,
      by_actor, reason)
    SELECT p_shard, p_id, 1 + coalesce(max(e.number), 0), p_now_ms, now_flags & 64 = 64, now_flags & 128 = 128, now_max,
      p_by, p_reason
    FROM ledger.account_event e WHERE e.shard = p_shard AND e.account = p_id;
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION ledger.stop_payouts(p_shard int, p_now_ms bigint, p_findings jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM ledger.lock_shard(p_shard);
  UPDATE ledger.shard t SET stopped = true WHERE t.id = p_shard;
  UPDATE ledger.stop t SET findings = p_findings WHERE t.shard = p_shard AND t.cleared_at_ms IS NULL;
  IF NOT FOUND THEN
    INSERT INTO ledger.stop (shard, at_ms, findings) VALUES (p_shard, p_now_ms, p_findings);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION ledger.clear_stop(p_shard int, p_now_ms bigint, p_by text, p_approved_by text, p_reason text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  open_stops boolean;
BEGIN
  PERFORM ledger.lock_shard(p_shard);
  UPDATE ledger.stop t SET cleared_at_ms = p_now_ms, cleared_by = p_by, approved_by = p_approved_by, reason = p_reason
    WHERE t.shard = p_shard AND t.cleared_at_ms IS NULL;
  open_stops := FOUND;
  UPDATE ledger.shard t SET stopped = false WHERE t.id = p_shard;
  RETURN open_stops;
END $$;

CREATE OR REPLACE FUNCTION ledger.fence(p_shard int) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  raised bigint;
BEGIN
  PERFORM ledger.lock_shard(p_shard);
  UPDATE ledger.shard t SET epoch = t.epoch + 1 WHERE t.id = p_shard RETURNING t.epoch INTO raised;
  RETURN raised;
END $$;

DO $$
DECLARE
  writer name := ledger.writer();
BEGIN
  EXECUTE format('CREATE POLICY writer ON ledger.account_event TO %I USING (true) WITH CHECK (true)', writer);
  EXECUTE format('GRANT SELECT, INSERT ON ledger.account_event TO %I', writer);
  EXECUTE format('GRANT UPDATE (max_balance) ON ledger.account TO %I', writer);
END $$;
