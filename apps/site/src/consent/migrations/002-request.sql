-- Consents that staff ask a person for. An answer is given once; what was asked is never rewritten.
CREATE TABLE consent.request (
  request_id text PRIMARY KEY CHECK (request_id ~ '^crq_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  person_id text NOT NULL,
  purpose text NOT NULL,
  data_class text NOT NULL,
  recipient_kinds text[] NOT NULL CHECK (cardinality(recipient_kinds) > 0),
  recipient_org_id text,
  regions text[] NOT NULL,
  jurisdictions text[] NOT NULL CHECK (cardinality(jurisdictions) > 0),
  days int NOT NULL CHECK (days BETWEEN 1 AND 3650),
  -- The asker's own words, under the person's data key: somebody may write a name into them.
  why_sealed bytea NOT NULL,
  answer_by_ms bigint NOT NULL,
  requested_by text NOT NULL,
  requested_at_ms bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('requested', 'agreed', 'declined', 'withdrawn')),
  answered_by text,
  answered_at_ms bigint,
  consent_id text
);
CREATE INDEX request_person ON consent.request (person_id, requested_at_ms DESC);
SELECT kernel.protect('consent.request');
REVOKE UPDATE, DELETE ON consent.request FROM :app, :worker;
GRANT UPDATE (state, answered_by, answered_at_ms, consent_id) ON consent.request TO :app, :worker;

-- For the list of people with consents, newest first.
CREATE INDEX consent_recent ON consent.consent (org_id, recorded_at_ms DESC);
