-- The other functions of the writer role: assets, accounts, entries, the stop of payouts, fencing.

-- Opens an asset, or says whether the one that stands is the same. Scale and flags never change.
CREATE FUNCTION ledger.open_asset(p_code text, p_scale int, p_flags int) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO ledger.asset (code, scale, flags) VALUES (p_code, p_scale, p_flags) ON CONFLICT (code) DO NOTHING;
  RETURN EXISTS (SELECT FROM ledger.asset t WHERE t.code = p_code AND t.scale = p_scale AND t.flags = p_flags);
END $$;

-- Opens accounts with the balance 0. Gives a code for each: 0 stands as asked, 1 asset unknown,
-- 2 another account has this id or this place.
CREATE FUNCTION ledger.open_accounts(
  p_now_ms bigint, p_shard int[], p_id bigint[], p_owner text[], p_asset text[], p_kind text[], p_flags int[])
RETURNS int[] LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  opened int[];
BEGIN
  -- In the order of the key, so that two callers who open the same accounts cannot deadlock.
  INSERT INTO ledger.account (id, opened_at_ms, shard, asset, flags, owner, kind)
    SELECT q.id, p_now_ms, q.shard, s.id,
      q.flags | CASE WHEN s.flags & 1 = 1 THEN 16 ELSE 0 END
        | CASE WHEN q.owner = 'network' OR q.owner LIKE 'network:%' THEN 32 ELSE 0 END,
      q.owner, q.kind
    FROM unnest(p_shard, p_id, p_owner, p_asset, p_kind, p_flags) q(shard, id, owner, asset, kind, flags)
    JOIN ledger.asset s ON s.code = q.asset
    ORDER BY q.shard, q.id
    ON CONFLICT DO NOTHING;
  SELECT array_agg(CASE WHEN s.id IS NULL THEN 1
      WHEN a.id IS NULL OR (a.owner, a.kind, a.asset) IS DISTINCT FROM (q.owner, q.kind, s.id) THEN 2 ELSE 0 END
      ORDER BY q.o) INTO opened
    FROM unnest(p_shard, p_id, p_owner, p_asset, p_kind) WITH ORDINALITY q(shard, id, owner, asset, kind, o)
    LEFT JOIN ledger.asset s ON s.code = q.asset
    LEFT JOIN ledger.account a ON a.shard = q.shard AND a.id = q.id;
  RETURN opened;
END $$;

-- Freezes (4) or closes (8) an account, or ends that. Under the shard's lock: once it returns, nothing moves.
-- Closing asks for an account without balance and without holds: false when it has either.
CREATE FUNCTION ledger.mark_account(p_shard int, p_id bigint, p_set int, p_clear int) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7001, p_shard);
  UPDATE ledger.account t SET flags = (t.flags | (p_set & 12)) & ~(p_clear & 12)
    WHERE t.shard = p_shard AND t.id = p_id
      AND (p_set & 8 = 0 OR (t.debits_posted = t.credits_posted AND t.debits_pending = 0 AND t.credits_pending = 0));
  RETURN FOUND;
END $$;

-- The entries of the organisation in bithive.org_id, newest first, each with the balance after it on its own side.
-- p_before: for each shard the seq to continue below.
CREATE FUNCTION ledger.entries(p_asset text, p_shard int[], p_before bigint[], p_limit int)
RETURNS TABLE (shard int, seq bigint, id uuid, account bigint, kind text, asset text, scale int, direction text,
  amount bigint, flags int, code int, pending_id uuid, pending_amount bigint, reference text, at_ms bigint,
  posted_after bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
  SELECT e.shard, e.seq, e.id, a.id, a.kind, s.code, s.scale, e.direction, e.amount, e.flags, e.code, e.pending_id,
    e.pending_amount, e.reference, e.at_ms, e.posted_after
  FROM unnest(p_shard, p_before) w(shard, before)
  JOIN ledger.account a ON a.shard = w.shard AND a.owner = current_setting('bithive.org_id', true)
  JOIN ledger.asset s ON s.id = a.asset AND (p_asset IS NULL OR s.code = p_asset)
  CROSS JOIN LATERAL (
    (SELECT t.*, 'out' AS direction, t.debit_after AS posted_after FROM ledger.transfer t
      WHERE t.shard = a.shard AND t.debit = a.id AND t.seq < w.before ORDER BY t.seq DESC LIMIT p_limit)
    UNION ALL
    (SELECT t.*, 'in' AS direction, t.credit_after AS posted_after FROM ledger.transfer t
      WHERE t.shard = a.shard AND t.credit = a.id AND t.seq < w.before ORDER BY t.seq DESC LIMIT p_limit)
  ) e
  ORDER BY e.at_ms DESC, e.shard, e.seq DESC, e.direction DESC
  LIMIT p_limit
$$;

-- The running check found a difference: payouts of the shard stop, and what it found last is kept.
CREATE FUNCTION ledger.stop_payouts(p_shard int, p_now_ms bigint, p_findings jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7001, p_shard);
  UPDATE ledger.shard t SET stopped = true WHERE t.id = p_shard;
  UPDATE ledger.stop t SET findings = p_findings WHERE t.shard = p_shard AND t.cleared_at_ms IS NULL;
  IF NOT FOUND THEN
    INSERT INTO ledger.stop (shard, at_ms, findings) VALUES (p_shard, p_now_ms, p_findings);
  END IF;
END $$;

CREATE FUNCTION ledger.clear_stop(p_shard int, p_now_ms bigint, p_by text, p_approved_by text, p_reason text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  open_stops boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(7001, p_shard);
  UPDATE ledger.stop t SET cleared_at_ms = p_now_ms, cleared_by = p_by, approved_by = p_approved_by, reason = p_reason
    WHERE t.shard = p_shard AND t.cleared_at_ms IS NULL;
  open_stops := FOUND;
  UPDATE ledger.shard t SET stopped = false WHERE t.id = p_shard;
  RETURN open_stops;
END $$;

-- Raises the epoch: every writer that carries the older one is refused from the next batch on.
CREATE FUNCTION ledger.fence(p_shard int) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  raised bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7001, p_shard);
  UPDATE ledger.shard t SET epoch = t.epoch + 1 WHERE t.id = p_shard RETURNING t.epoch INTO raised;
  RETURN raised;
END $$;

DO $$
DECLARE
  writer name := ledger.writer();
  f regprocedure;
BEGIN
  FOR f IN SELECT p.oid FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace
      WHERE s.nspname = 'ledger' AND p.prosecdef LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO %I', f, writer);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO :worker', f);
    IF f::text NOT LIKE 'ledger.stop_payouts%' AND f::text NOT LIKE 'ledger.clear_stop%'
      AND f::text NOT LIKE 'ledger.fence%' THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO :app', f);
    END IF;
  END LOOP;
  IF writer <> current_user THEN
    EXECUTE format('REVOKE CREATE ON SCHEMA ledger FROM %I', writer);
  END IF;
END $$;
