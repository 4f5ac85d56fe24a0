-- What people allow, to whom, where and how long. Rows are never removed: a withdrawal is written beside the grant,
-- and once the person is forgotten the pseudonymous id points to nobody.
CREATE SCHEMA consent;

CREATE TABLE consent.consent (
  consent_id text PRIMARY KEY CHECK (consent_id ~ '^con_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  person_id text NOT NULL,
  purpose text NOT NULL,
  -- A class covers those below it: imaging covers imaging.ct.
  data_class text NOT NULL,
  recipient_kinds text[] NOT NULL CHECK (cardinality(recipient_kinds) > 0),
  -- Null: any organisation of those kinds.
  recipient_org_id text,
  -- Empty: every region inside the jurisdictions.
  regions text[] NOT NULL,
  jurisdictions text[] NOT NULL CHECK (cardinality(jurisdictions) > 0),
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL CHECK (to_ms > from_ms),
  -- SHA-256 of the signed form or recording that the site keeps.
  evidence_sha256 text NOT NULL CHECK (evidence_sha256 ~ '^[0-9a-f]{64}$'),
  recorded_by text NOT NULL,
  recorded_at_ms bigint NOT NULL,
  revoked_at_ms bigint,
  revoked_by text,
  revoked_reason text
);
CREATE INDEX consent_person ON consent.consent (person_id, purpose);
SELECT kernel.protect('consent.consent');
-- What was consented to is never rewritten: only the three columns of a withdrawal may change.
REVOKE UPDATE, DELETE ON consent.consent FROM :app, :worker;
GRANT UPDATE (revoked_at_ms, revoked_by, revoked_reason) ON consent.consent TO :app, :worker;
