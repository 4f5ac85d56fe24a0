-- ledger.apply again, with what 004 added. Further codes: 16 limit of a post, 37 already reversed, 38 more than what
-- is reversed, 39 not a transfer that can be reversed, 43 the account would hold more than it may.
DROP FUNCTION ledger.apply(int, bigint, bigint, bigint[], uuid[], int[], int[], bigint[], int[], int[], uuid[],
  bigint[], text[]);
CREATE FUNCTION ledger.apply(
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
  zeros int[] := array_fill(0, ARRAY[n]);
  longs bigint[] := array_fill(0::bigint, ARRAY[n]);
  has_pending boolean := p_pending IS NOT NULL;
  at bigint; halted boolean; current_epoch bigint; repeats boolean; any_hold boolean := false;
  -- Accounts of the batch: asset, flags, debits pending and posted, credits pending and posted.
  found bigint[]; ass int[]; fl int[]; vdp bigint[]; vd bigint[]; vcp bigint[]; vc bigint[]; vmax bigint[];
  -- Rows: result, detail, given seq, balances after, amount of the hold that the row ends.
  res int[] := zeros; det bigint[] := longs; sq bigint[] := longs;
  da bigint[] := longs; ca bigint[] := longs; pam bigint[] := longs; plim bigint[] := longs;
  -- Repeats inside the batch: first row with this id, where that id was done, first row that ends the same hold,
  -- first row whose id is the hold, how the hold was ended, and of holds in the table: check and expiry.
  canon int[]; okat int[]; grp int[]; inb int[]; ended int[]; pchk int[]; pexp bigint[];
  s int := 1; e int; i int; j int; k int; f int; x int; y int; r int; g int;
  a bigint; b bigint; short bigint; cnt bigint := 0; cnt0 bigint; known boolean; doubtful boolean; u record;
BEGIN
  IF n = 0 OR n > 10000 OR na = 0 OR array_ndims(p_id) > 1
    OR (ARRAY[cardinality(p_debit), cardinality(p_credit), cardinality(p_amount), cardinality(p_flags),
      cardinality(p_code), coalesce(cardinality(p_pending), n), coalesce(cardinality(p_timeout), n),
      coalesce(cardinality(p_reference), n), coalesce(cardinality(p_post_limit), n)]
      = array_fill(n, ARRAY[9])) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger.apply: malformed batch' USING ERRCODE = 'LG002';
  END IF;
  PERFORM ledger.lock_shard(p_shard);
  SELECT t.last_seq, t.epoch, t.stopped, greatest(p_now_ms, t.last_at_ms) INTO base, current_epoch, halted, at
    FROM ledger.shard t WHERE t.id = p_shard;
  IF base IS NULL OR at IS NULL OR current_epoch <> coalesce(p_epoch, 0) THEN
    RAISE EXCEPTION 'ledger.apply: this writer was replaced' USING ERRCODE = 'LG001';
  END IF;

  -- Places that stand in order of the ids are read in one pass of the index, which takes 1.0 instead of 2.5 ms for
  -- 2,000 accounts; the same answer shows that each account exists and stands once. Otherwise they are looked up.
  -- Planned each time, for a list of unknown length: a plan that was kept from when the tables were small, or made
  -- for a long list before there are statistics, reads all of a shard for every batch.
  EXECUTE 'SELECT array_agg(t.id ORDER BY t.id), array_agg(t.asset ORDER BY t.id), array_agg(t.flags ORDER BY t.id),
      array_agg(t.debits_pending ORDER BY t.id), array_agg(t.debits_posted ORDER BY t.id),
      array_agg(t.credits_pending ORDER BY t.id), array_agg(t.credits_posted ORDER BY t.id)
    FROM ledger.account t WHERE t.shard = $1 AND t.id = ANY((SELECT $2)::bigint[])'
    INTO found, ass, fl, vdp, vd, vcp, vc USING p_shard, p_acct;
  IF found IS DISTINCT FROM p_acct THEN
    IF (SELECT count(DISTINCT c) FROM unnest(p_acct) c) <> na THEN
      RAISE EXCEPTION 'ledger.apply: malformed batch' USING ERRCODE = 'LG002';
    END IF;
    SELECT array_agg(t.asset ORDER BY q.o), array_agg(t.flags ORDER BY q.o),
        array_agg(t.debits_pending ORDER BY q.o), array_agg(t.debits_posted ORDER BY q.o),
        array_agg(t.credits_pending ORDER BY q.o), array_agg(t.credits_posted ORDER BY q.o)
      INTO ass, fl, vdp, vd, vcp, vc
      FROM unnest(p_acct) WITH ORDINALITY q(id, o)
      LEFT JOIN ledger.account t ON t.shard = p_shard AND t.id = q.id;
  END IF;

  -- What is wrong with a row whatever the balances are, and what the plain path below need not ask again.
  doubtful := array_position(p_id, NULL) IS NOT NULL OR array_position(p_code, NULL) IS NOT NULL;
  IF p_reference IS NOT NULL THEN
    FOR u IN SELECT q.o::int AS o FROM unnest(p_reference) WITH ORDINALITY q(v, o) WHERE length(q.v) > 200 LOOP
      res[u.o] := 14;
    END LOOP;
  END IF;
  IF p_timeout IS NOT NULL THEN
    FOR u IN SELECT q.o::int AS o FROM unnest(p_timeout, p_flags) WITH ORDINALITY q(v, f, o)
        WHERE q.v IS NOT NULL AND (q.v NOT BETWEEN 1 AND 315360000000 OR coalesce(q.f, 0) & 2 = 0) LOOP
      res[u.o] := 15;
    END LOOP;
  END IF;
  IF p_post_limit IS NOT NULL THEN
    FOR u IN SELECT q.o::int AS o FROM unnest(p_post_limit, p_amount, p_flags) WITH ORDINALITY q(v, a, f, o)
        WHERE q.v IS NOT NULL AND (q.v < coalesce(q.a, 0) OR coalesce(q.f, 0) & 2 = 0) LOOP
      res[u.o] := 16;
    END LOOP;
  END IF;
  IF EXISTS (SELECT FROM unnest(fl) v WHERE v & 256 = 256) THEN
    SELECT array_agg(t.max_balance ORDER BY q.o) INTO vmax
      FROM unnest(p_acct) WITH ORDINALITY q(id, o)
      LEFT JOIN ledger.account t ON t.shard = p_shard AND t.id = q.id;
  END IF;
  EXECUTE 'SELECT EXISTS (SELECT FROM ledger.transfer t WHERE t.shard = $1 AND t.id = ANY((SELECT $2)::uuid[]))'
    INTO known USING p_shard, p_id;
  IF known THEN
    FOR u IN SELECT q.o::int AS o, t.seq,
          (t.debit = p_acct[p_debit[q.o]] AND t.credit = p_acct[p_credit[q.o]] AND t.amount = p_amount[q.o]
            AND t.flags & 30 = p_flags[q.o] & 30 AND t.code = p_code[q.o]
            AND t.pending_id IS NOT DISTINCT FROM p_pending[q.o] AND t.timeout_ms IS NOT DISTINCT FROM p_timeout[q.o]
            AND t.reference IS NOT DISTINCT FROM p_reference[q.o]
            AND t.post_limit IS NOT DISTINCT FROM p_post_limit[q.o]) IS TRUE AS same
        FROM unnest(p_id) WITH ORDINALITY q(id, o) JOIN ledger.transfer t ON t.shard = p_shard AND t.id = q.id LOOP
      res[u.o] := CASE WHEN u.same THEN 1 ELSE 2 END;
      det[u.o] := u.seq;
    END LOOP;
  END IF;

  -- Ids that stand twice in the batch, and holds that the batch both makes and ends, or ends twice.
  repeats := has_pending OR (SELECT count(DISTINCT q) FROM unnest(p_id) q) < n;
  IF repeats THEN
    canon := zeros; okat := zeros; grp := zeros; inb := zeros; ended := zeros; pchk := zeros; pexp := longs;
    FOR u IN SELECT z.o, z.k, min(z.o) FILTER (WHERE z.k = 0) OVER w AS of_id,
          min(z.o) FILTER (WHERE z.k = 1) OVER w AS of_end
        FROM (SELECT q.id, q.o::int AS o, 0 AS k FROM unnest(p_id) WITH ORDINALITY q(id, o)
          UNION ALL SELECT q.id, q.o::int, 1 FROM unnest(p_pending) WITH ORDINALITY q(id, o) WHERE q.id IS NOT NULL) z
        WINDOW w AS (PARTITION BY z.id) LOOP
      IF u.k = 0 THEN
        canon[u.o] := u.of_id;
      ELSE
        grp[u.o] := u.of_end;
        inb[u.o] := coalesce(u.of_id, 0);
      END IF;
    END LOOP;
  END IF;
  IF has_pending THEN
    FOR u IN SELECT q.o::int AS o, t.amount, t.flags, t.at_ms + t.timeout_ms AS expires, rs.kind, t.post_limit,
          p_flags[q.o] & 16 = 16 AS reverses,
          (t.debit = p_acct[p_debit[q.o]] AND t.credit = p_acct[p_credit[q.o]]) IS TRUE AS same,
          (t.debit = p_acct[p_credit[q.o]] AND t.credit = p_acct[p_debit[q.o]]) IS TRUE AS swapped
        FROM unnest(p_pending) WITH ORDINALITY q(id, o)
        JOIN ledger.transfer t ON t.shard = p_shard AND t.id = q.id
        LEFT JOIN ledger.resolution rs ON rs.shard = p_shard AND rs.pending_id = q.id LOOP
      pam[u.o] := u.amount;
      plim[u.o] := coalesce(u.post_limit, u.amount);
      pexp[u.o] := coalesce(u.expires, top);
      pchk[u.o] := CASE WHEN u.reverses THEN CASE WHEN u.flags & 26 <> 0 THEN 39 WHEN NOT u.swapped THEN 32 ELSE -1 END
        WHEN u.flags & 2 = 0 THEN 31 WHEN NOT u.same THEN 32 ELSE -1 END;
      ended[grp[u.o]] := coalesce(u.kind, 0);
    END LOOP;
  END IF;

  WHILE s <= n LOOP
    e := s;
    WHILE e < n AND p_flags[e] & 1 = 1 LOOP e := e + 1; END LOOP;
    IF p_flags[e] & 1 = 1 THEN
      FOR i IN s..e LOOP res[i] := 4; END LOOP;
      EXIT;
    END IF;
    IF repeats THEN
      FOR i IN s..e LOOP
        k := okat[canon[i]];
        IF k > 0 THEN
          known := (p_debit[i] = p_debit[k] AND p_credit[i] = p_credit[k] AND p_amount[i] = p_amount[k]
            AND p_flags[i] & 30 = p_flags[k] & 30 AND p_code[i] = p_code[k]
            AND p_pending[i] IS NOT DISTINCT FROM p_pending[k] AND p_timeout[i] IS NOT DISTINCT FROM p_timeout[k]
            AND p_reference[i] IS NOT DISTINCT FROM p_reference[k]
            AND p_post_limit[i] IS NOT DISTINCT FROM p_post_limit[k]) IS TRUE;
          res[i] := CASE WHEN known THEN 1 ELSE 2 END;
          det[i] := sq[k];
        END IF;
      END LOOP;
    END IF;
    IF e > s THEN
      known := true;
      FOR i IN s..e LOOP
        IF res[i] <> 1 THEN known := false; EXIT; END IF;
      END LOOP;
    ELSE
      known := res[s] <> 0;
    END IF;
    IF known THEN
      s := e + 1;
      CONTINUE;
    END IF;

    cnt0 := cnt;
    FOR i IN s..e LOOP
      r := res[i]; x := p_debit[i]; y := p_credit[i]; a := p_amount[i]; f := p_flags[i];
      IF r = 0 AND f < 2 AND f >= 0 AND a > 0 AND ass[x] = ass[y] AND x <> y AND fl[x] & 92 = 0 AND fl[y] & 412 = 0
        AND NOT (doubtful OR repeats OR halted) THEN
        -- The plain path: a move between two open accounts of one open asset.
        IF a > top - vd[x] - vdp[x] OR a > top - vc[y] - vcp[y] THEN
          r := 42;
        ELSIF fl[x] & 1 = 1 AND a > vc[x] - vd[x] - vdp[x] THEN
          r := 40; short := a - (vc[x] - vd[x] - vdp[x]);
        ELSIF fl[y] & 2 = 2 AND a > vd[y] - vc[y] - vcp[y] THEN
          r := 41; short := a - (vd[y] - vc[y] - vcp[y]);
        ELSE
          vd[x] := vd[x] + a; vc[y] := vc[y] + a;
        END IF;
      ELSIF r = 0 THEN
        g := NULL;
        IF repeats AND p_pending[i] IS NOT NULL THEN g := grp[i]; END IF;
        IF p_id[i] IS NULL THEN r := 10;
        ELSIF f IS NULL OR f & ~31 <> 0 OR f & 30 NOT IN (0, 2, 4, 8, 16) OR p_code[i] IS NULL
          OR (f & 28 <> 0) <> (g IS NOT NULL) THEN r := 13;
        ELSIF a IS NULL OR a < 0 OR (a = 0) <> (f & 8 = 8) THEN r := 11;
        ELSIF x IS NULL OR y IS NULL OR x NOT BETWEEN 1 AND na OR y NOT BETWEEN 1 AND na THEN r := 20;
        ELSIF x = y THEN r := 12;
        ELSIF p_acct[x] >> 57 <> p_shard OR p_acct[y] >> 57 <> p_shard THEN r := 25;
        ELSIF ass[x] IS NULL OR ass[y] IS NULL THEN r := 20;
        ELSIF ass[x] <> ass[y] THEN r := 21;
        -- A void gives back what was held and moves nothing, so it is allowed whatever happened to the accounts.
        ELSIF f & 8 = 0 AND (fl[x] & 68 <> 0 OR fl[y] & 132 <> 0) THEN r := 22;
        ELSIF f & 8 = 0 AND (fl[x] | fl[y]) & 8 = 8 THEN r := 23;
        ELSIF halted AND p_code[i] BETWEEN 200 AND 299 THEN r := 50;
        -- The same id twice inside one chain.
        ELSIF repeats AND okat[canon[i]] > 0 THEN r := 5;
        ELSE
          IF f & 28 <> 0 THEN
            k := CASE WHEN inb[i] > 0 THEN okat[inb[i]] ELSE 0 END;
            IF k > 0 THEN
              pam[i] := p_amount[k];
              plim[i] := coalesce(p_post_limit[k], p_amount[k]);
              pexp[i] := top;
              pchk[i] := CASE
                WHEN f & 16 = 16 THEN CASE WHEN p_flags[k] & 26 <> 0 THEN 39
                  WHEN p_debit[k] <> y OR p_credit[k] <> x THEN 32 ELSE -1 END
                WHEN p_flags[k] & 2 = 0 THEN 31
                WHEN p_debit[k] <> x OR p_credit[k] <> y THEN 32 ELSE -1 END;
            END IF;
            IF pchk[i] = 0 THEN r := 30;
            ELSIF pchk[i] > 0 THEN r := pchk[i];
            ELSIF ended[g] <> 0 THEN r := CASE ended[g] WHEN 4 THEN 33 WHEN 8 THEN 34 ELSE 37 END;
            ELSIF f & 4 = 4 AND pexp[i] <= at THEN r := 35;
            ELSIF f & 4 = 4 AND a > plim[i] THEN r := 36;
            ELSIF f & 16 = 16 AND a > pam[i] THEN r := 38;
            END IF;
          END IF;
          -- What the hold had set aside is free for the post that ends it.
          b := CASE WHEN f & 12 <> 0 THEN pam[i] ELSE 0 END;
          IF r <> 0 THEN NULL;
          -- A void, or a post of no more than was held, needs nothing that was not set aside before.
          ELSIF f & 12 = 0 OR a > b THEN
            IF a > top - vd[x] - vdp[x] + b OR a > top - vc[y] - vcp[y] + b THEN r := 42;
            -- A closed asset is issued from a supply account and given back to the network; every other road from the
            -- network to an owner is shut, or it would be a bridge between two owners. A reversal goes back to whom
            -- it came from.
            ELSIF fl[x] & 16 = 16 AND fl[y] & 32 = 0 AND f & 16 = 0
              AND (SELECT d.owner <> c.owner AND d.kind <> 'supply' FROM ledger.account d, ledger.account c
                WHERE d.shard = p_shard AND d.id = p_acct[x] AND c.shard = p_shard AND c.id = p_acct[y]) THEN r := 24;
            ELSIF fl[x] & 1 = 1 AND a > vc[x] - vd[x] - vdp[x] + b THEN
              r := 40; short := a - (vc[x] - vd[x] - vdp[x] + b);
            ELSIF fl[y] & 2 = 2 AND a > vd[y] - vc[y] - vcp[y] + b THEN
              r := 41; short := a - (vd[y] - vc[y] - vcp[y] + b);
            -- In numeric, because the four sums of an account in debit may together leave 63 bits.
            ELSIF fl[y] & 256 = 256 AND a > vmax[y]::numeric - vc[y] + vd[y] - vcp[y] + b THEN
              r := 43; short := a - (vmax[y]::numeric - vc[y] + vd[y] - vcp[y] + b);
            END IF;
          END IF;
          IF r = 0 THEN
            IF f & 2 = 2 THEN
              vdp[x] := vdp[x] + a; vcp[y] := vcp[y] + a; any_hold := true;
            ELSE
              vdp[x] := vdp[x] - b; vcp[y] := vcp[y] - b;
              vd[x] := vd[x] + a; vc[y] := vc[y] + a;
            END IF;
            IF f & 28 <> 0 THEN ended[g] := f & 28; END IF;
          END IF;
        END IF;
      ELSIF r = 1 THEN
        r := 5;
      END IF;

      IF r = 0 THEN
        cnt := cnt + 1;
        sq[i] := base + cnt; da[i] := vc[x] - vd[x]; ca[i] := vc[y] - vd[y];
        IF repeats THEN okat[canon[i]] := i; END IF;
      ELSE
        FOR j IN REVERSE i - 1..s LOOP
          x := p_debit[j]; y := p_credit[j]; a := p_amount[j]; k := p_flags[j] & 30;
          IF k IN (0, 16) THEN
            vd[x] := vd[x] - a; vc[y] := vc[y] - a;
          ELSIF k = 2 THEN
            vdp[x] := vdp[x] - a; vcp[y] := vcp[y] - a;
          ELSE
            vdp[x] := vdp[x] + pam[j]; vcp[y] := vcp[y] + pam[j];
            IF k = 4 THEN vd[x] := vd[x] - a; vc[y] := vc[y] - a; END IF;
          END IF;
          IF k & 28 <> 0 THEN ended[grp[j]] := 0; END IF;
          sq[j] := 0;
          IF repeats THEN okat[canon[j]] := 0; END IF;
        END LOOP;
        FOR j IN s..e LOOP
          res[j] := 3; det[j] := 0;
        END LOOP;
        cnt := cnt0;
        res[i] := r;
        IF r IN (40, 41, 43) THEN det[i] := short; END IF;
        EXIT;
      END IF;
    END LOOP;
    s := e + 1;
  END LOOP;

  IF cnt > 0 THEN
    INSERT INTO ledger.transfer (seq, debit, credit, amount, debit_after, credit_after, at_ms, id, shard, code, flags,
        pending_id, pending_amount, timeout_ms, reference, post_limit)
      SELECT q.s, p_acct[q.d], p_acct[q.c], q.a, q.x, q.y, at, q.id, p_shard, q.code, q.f,
        CASE WHEN has_pending THEN p_pending[q.o] END,
        CASE WHEN has_pending AND q.f & 12 <> 0 THEN pam[q.o] END,
        p_timeout[q.o], p_reference[q.o], p_post_limit[q.o]
      FROM unnest(p_id, p_debit, p_credit, p_amount, p_flags, p_code, sq, da, ca)
        WITH ORDINALITY q(id, d, c, a, f, code, s, x, y, o)
      WHERE q.s > 0;
    IF any_hold THEN
      INSERT INTO ledger.hold (pending_id, seq, expires_at_ms, shard, code)
        SELECT q.id, q.s, at + p_timeout[q.o], p_shard, p_code[q.o]
        FROM unnest(p_id, p_flags, sq) WITH ORDINALITY q(id, f, s, o) WHERE q.s > 0 AND q.f & 2 = 2;
    END IF;
    IF has_pending THEN
      INSERT INTO ledger.resolution (pending_id, seq, shard, kind)
        SELECT q.p, q.s, p_shard, q.f & 28 FROM unnest(p_pending, p_flags, sq) q(p, f, s)
        WHERE q.s > 0 AND q.p IS NOT NULL;
      DELETE FROM ledger.hold h USING unnest(p_pending, sq) q(p, s)
        WHERE q.s > 0 AND h.shard = p_shard AND h.pending_id = q.p;
    END IF;
    UPDATE ledger.account t
      SET debits_pending = q.dp, debits_posted = q.d, credits_pending = q.cp, credits_posted = q.c
      FROM unnest(p_acct, vdp, vd, vcp, vc) q(id, dp, d, cp, c)
      WHERE t.shard = p_shard AND t.id = q.id
        AND (t.debits_pending, t.debits_posted, t.credits_pending, t.credits_posted)
          IS DISTINCT FROM (q.dp, q.d, q.cp, q.c);
    UPDATE ledger.shard t SET last_seq = base + cnt, last_at_ms = at WHERE t.id = p_shard;
  END IF;
  -- No list at all means that every row was booked, in order: the usual case, and less to send and to read.
  IF cnt = n THEN
    RETURN;
  END IF;
  results := res;
  SELECT array_agg(CASE WHEN q.s > 0 THEN q.s ELSE q.d END ORDER BY q.o) INTO details
    FROM unnest(sq, det) WITH ORDINALITY q(s, d, o);
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
