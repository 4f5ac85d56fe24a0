-- What an audit is searched by, beside actor and resource. Derived from the hashed event like the other columns, so
-- none of them can say anything else than the record does.
ALTER TABLE kernel.audit_event
  ADD COLUMN recorded_at text GENERATED ALWAYS AS (event::jsonb ->> 'at') STORED,
  ADD COLUMN request_id text GENERATED ALWAYS AS (event::jsonb ->> 'requestId') STORED;
CREATE INDEX audit_event_action ON kernel.audit_event (org_id, action text_pattern_ops, seq);
CREATE INDEX audit_event_recorded ON kernel.audit_event (org_id, recorded_at, seq);
CREATE INDEX audit_event_request ON kernel.audit_event (org_id, request_id, seq) WHERE request_id IS NOT NULL;
