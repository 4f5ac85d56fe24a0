-- Who saw what, in one hash chain per organisation (law 10). Events enter through kernel.append_audit alone.

CREATE TABLE kernel.audit_head (
  org_id text PRIMARY KEY CHECK (org_id <> ''),
  seq bigint NOT NULL CHECK (seq >= 0),
  hash bytea NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE kernel.audit_event (
  org_id text NOT NULL,
  seq bigint NOT NULL,
  -- The canonical JSON that is hashed. The columns below are derived from it, so they cannot say anything else.
  event text NOT NULL,
  prev_hash bytea NOT NULL,
  hash bytea NOT NULL,
  actor_id text GENERATED ALWAYS AS (event::jsonb ->> 'actorId') STORED,
  action text GENERATED ALWAYS AS (event::jsonb ->> 'action') STORED,
  resource text GENERATED ALWAYS AS (event::jsonb ->> 'resource') STORED,
  PRIMARY KEY (org_id, seq)
);
CREATE INDEX audit_event_resource ON kernel.audit_event (org_id, resource, seq);
CREATE INDEX audit_event_actor ON kernel.audit_event (org_id, actor_id, seq);

SELECT kernel.isolate('kernel.audit_head');
SELECT kernel.isolate('kernel.audit_event');
GRANT SELECT ON kernel.audit_head, kernel.audit_event TO :app, :worker;

-- Appends events in the order given, each chain under its head's row lock. Heads are locked in one order, so that
-- two hubs with events of the same organisations never wait for each other in a circle.
-- hash = SHA-256(previous hash, seq as 8 bytes big endian, event in UTF-8); the first previous hash is the
-- SHA-256 of 'bithive audit ' and the organisation, so that one chain cannot pass for another.
CREATE FUNCTION kernel.append_audit(org_ids text[], events text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  org text;
  body text;
  last kernel.audit_head;
  previous bytea;
BEGIN
  IF session_user = ':app' AND EXISTS (
    SELECT FROM unnest(org_ids) o WHERE o IS DISTINCT FROM NULLIF(current_setting('bithive.org_id', true), '')
  ) THEN
    RAISE insufficient_privilege USING MESSAGE = 'an event of another organisation';
  END IF;
  FOR org IN SELECT DISTINCT o FROM unnest(org_ids) o ORDER BY o LOOP
    INSERT INTO kernel.audit_head VALUES (org, 0, sha256(convert_to('bithive audit ' || org, 'UTF8')))
      ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT last FROM kernel.audit_head WHERE org_id = org FOR UPDATE;
    FOR body IN SELECT e FROM unnest(org_ids, events) WITH ORDINALITY t(o, e, n) WHERE o = org ORDER BY n LOOP
      previous := last.hash;
      last.seq := last.seq + 1;
      last.hash := sha256(previous || int8send(last.seq) || convert_to(body, 'UTF8'));
      INSERT INTO kernel.audit_event (org_id, seq, event, prev_hash, hash)
        VALUES (org, last.seq, body, previous, last.hash);
    END LOOP;
    UPDATE kernel.audit_head SET seq = last.seq, hash = last.hash WHERE org_id = org;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION kernel.append_audit(text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kernel.append_audit(text[], text[]) TO :app, :worker;
