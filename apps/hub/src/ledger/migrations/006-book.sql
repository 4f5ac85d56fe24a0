-- Books a batch: the short way when every row is a plain move that the rules let through, else ledger.apply.
-- The short way keeps the balances in the same order and under the same rules, but asks them once for the whole batch
-- instead of row by row; a batch in which any row would be refused, ends a hold, or repeats an id takes the long way.
-- Rows are then found by their place in the table, which only a holder of the shard's lock can change.
CREATE FUNCTION ledger.book(
  p_shard int, p_epoch bigint, p_now_ms bigint, p_acct bigint[],
  p_id uuid[], p_debit int[], p_credit int[], p_amount bigint[], p_flags int[], p_code int[],
  p_pending uuid[], p_timeout bigint[], p_reference text[], p_post_limit bigint[],
  OUT base bigint, OUT results int[], OUT details bigint[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
  top CONSTANT bigint := 9223372036854775807;
  n int := coalesce(cardinality(p_id), 0);
  na int := coalesce(cardinality(p_acct), 0);
  at bigint; halted boolean; current_epoch bigint; plain boolean; known boolean;
  found bigint[]; tids tid[]; vd bigint[]; vc bigint[]; low bigint[]; high bigint[]; ass int[];
  da bigint[] := array_fill(0::bigint, ARRAY[n]); ca bigint[] := da;
  total numeric; room bigint; one_asset boolean; open_all boolean; written bigint;
BEGIN
  IF p_pending IS NULL AND p_timeout IS NULL AND p_post_limit IS NULL AND n BETWEEN 1 AND 10000 AND na > 0
    AND array_ndims(p_id) = 1 AND cardinality(p_debit) = n AND cardinality(p_credit) = n AND cardinality(p_amount) = n
    AND cardinality(p_flags) = n AND cardinality(p_code) = n AND coalesce(cardinality(p_reference), n) = n THEN
    PERFORM ledger.lock_shard(p_shard);
    SELECT t.last_seq, t.epoch, t.stopped, greatest(p_now_ms, t.last_at_ms) INTO base, current_epoch, halted, at
      FROM ledger.shard t WHERE t.id = p_shard;
    -- Planned each time, for a list of unknown length: a plan that was kept from when the tables were small, or made
    -- for a long list before there are statistics, reads all of a shard for every batch.
    EXECUTE 'SELECT array_agg(t.id ORDER BY t.id), array_agg(t.ctid ORDER BY t.id),
        array_agg(t.debits_posted ORDER BY t.id), array_agg(t.credits_posted ORDER BY t.id),
        array_agg(CASE WHEN t.flags & 1 = 1 THEN t.debits_pending ELSE -$3 END ORDER BY t.id),
        array_agg(CASE WHEN t.flags & 2 = 2 THEN -t.credits_pending ELSE $3 END ORDER BY t.id),
        array_agg(t.asset ORDER BY t.id),
        bool_and(t.flags & 476 = 0), min(t.asset) = max(t.asset),
        $3 - greatest(max(t.debits_posted + t.debits_pending), max(t.credits_posted + t.credits_pending))
      FROM ledger.account t WHERE t.shard = $1 AND t.id = ANY((SELECT $2)::bigint[])'
      INTO found, tids, vd, vc, low, high, ass, open_all, one_asset, room USING p_shard, p_acct, top;
    plain := open_all AND NOT halted AND current_epoch = p_epoch AND found = p_acct;
    IF plain THEN
      SELECT bool_and(q.d <> q.c AND q.a > 0 AND q.f IN (0, 1) AND q.code IS NOT NULL AND q.id IS NOT NULL
          AND q.d BETWEEN 1 AND na AND q.c BETWEEN 1 AND na AND (one_asset OR ass[q.d] = ass[q.c]))
          AND count(DISTINCT q.id) = n, sum(q.a)
        INTO plain, total
        FROM unnest(p_id, p_debit, p_credit, p_amount, p_flags, p_code) q(id, d, c, a, f, code);
      EXECUTE 'SELECT EXISTS (SELECT FROM ledger.transfer t WHERE t.shard = $1 AND t.id = ANY((SELECT $2)::uuid[]))'
        INTO known USING p_shard, p_id;
      plain := plain AND NOT known AND total <= room AND p_flags[n] = 0
        AND (p_reference IS NULL OR NOT EXISTS (SELECT FROM unnest(p_reference) q(v) WHERE length(q.v) > 200));
    END IF;
    IF plain THEN
      FOR i IN 1..n LOOP
        vd[p_debit[i]] := vd[p_debit[i]] + p_amount[i];
        vc[p_credit[i]] := vc[p_credit[i]] + p_amount[i];
        da[i] := vc[p_debit[i]] - vd[p_debit[i]];
        ca[i] := vc[p_credit[i]] - vd[p_credit[i]];
      END LOOP;
      SELECT bool_and(q.x >= low[q.d] AND q.y <= high[q.c]) INTO plain
        FROM unnest(p_debit, p_credit, da, ca) q(d, c, x, y);
    END IF;
    IF plain THEN
      INSERT INTO ledger.transfer (seq, debit, credit, amount, debit_after, credit_after, at_ms, id, shard, code, flags,
          reference)
        SELECT base + q.o, p_acct[q.d], p_acct[q.c], q.a, q.x, q.y, at, q.id, p_shard, q.code, q.f, q.r
        FROM unnest(p_id, p_debit, p_credit, p_amount, p_flags, p_code, da, ca, p_reference)
          WITH ORDINALITY q(id, d, c, a, f, code, x, y, r, o);
      UPDATE ledger.account t SET debits_posted = q.d, credits_posted = q.c
        FROM unnest(tids, vd, vc) q(tid, d, c) WHERE t.ctid = q.tid;
      GET DIAGNOSTICS written = ROW_COUNT;
      IF written <> na THEN RAISE EXCEPTION 'ledger.book: an account moved' USING ERRCODE = '40001'; END IF;
      UPDATE ledger.shard t SET last_seq = base + n, last_at_ms = at WHERE t.id = p_shard;
      RETURN;
    END IF;
  END IF;
  SELECT a.base, a.results, a.details INTO base, results, details
    FROM ledger.apply(p_shard, p_epoch, p_now_ms, p_acct, p_id, p_debit, p_credit, p_amount, p_flags, p_code, p_pending,
      p_timeout, p_reference, p_post_limit) a;
END $$;

DO $$
DECLARE
  writer name := ledger.writer();
  f regprocedure;
BEGIN
  EXECUTE format('GRANT CREATE ON SCHEMA ledger TO %I', writer);
  FOR f IN SELECT p.oid FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace
      WHERE s.nspname = 'ledger' AND p.prosecdef LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO %I', f, writer);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO :worker', f);
    IF f::text NOT LIKE 'ledger.stop_payouts%' AND f::text NOT LIKE 'ledger.clear_stop%'
      AND f::text NOT LIKE 'ledger.fence%' AND f::text NOT LIKE 'ledger.use_lock%' THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO :app', f);
    END IF;
  END LOOP;
  IF writer <> current_user THEN
    EXECUTE format('REVOKE CREATE ON SCHEMA ledger FROM %I', writer);
  END IF;
END $$;
