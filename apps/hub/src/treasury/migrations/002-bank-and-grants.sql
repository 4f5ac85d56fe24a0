-- The bank, and grants to supporters.

-- Accounts of the operator at a bank, registered by two people.
CREATE TABLE treasury.bank_accounts (
  -- IBAN or domestic number, without spaces.
  account text PRIMARY KEY CHECK (account ~ '^[0-9A-Z-]{4,34}$'),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  holder text NOT NULL,
  bank text NOT NULL,
  sample boolean NOT NULL,
  registered_by text NOT NULL,
  approved_by text,
  registered_at bigint NOT NULL
);

CREATE TABLE treasury.statements (
  id text PRIMARY KEY,
  account text NOT NULL,
  -- The bank's own id of it: with the account it is unique, so that a statement counts once.
  bank_id text NOT NULL,
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  format text NOT NULL CHECK (format ~ '^(csv-1|camt\.053\.001\.[0-9]{2})$'),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  opening bigint NOT NULL,
  closing bigint NOT NULL,
  entries int NOT NULL,
  -- Its place in the account's own row of statements.
  place int NOT NULL,
  uploaded_by text NOT NULL,
  uploaded_at bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('booking', 'booked')),
  UNIQUE (account, bank_id),
  UNIQUE (account, place)
);

CREATE TABLE treasury.bank_entries (
  id text PRIMARY KEY,
  statement_id text NOT NULL,
  account text NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  n int NOT NULL,
  direction text NOT NULL CHECK (direction IN ('in', 'out')),
  amount bigint NOT NULL CHECK (amount > 0),
  booked_on text NOT NULL CHECK (booked_on ~ '^\d{4}-\d{2}-\d{2}$'),
  reference text CHECK (reference ~ '^RF[0-9]{2}[0-9A-Z]{1,21}$'),
  -- What the bank calls it.
  bank_ref text,
  -- The payer's words, kept only until somebody has said whose money it is.
  remittance text,
  state text NOT NULL CHECK (state IN ('new', 'matched', 'unmatched', 'assigned', 'returning', 'returned', 'returned-out',
    'unexplained')),
  -- Whose money it was found to be.
  org_id text,
  shard int NOT NULL,
  -- The reference under which the bank sends it back.
  return_reference text UNIQUE,
  UNIQUE (statement_id, n)
);
CREATE INDEX bank_entries_state ON treasury.bank_entries (state, booked_on);
CREATE INDEX bank_entries_org ON treasury.bank_entries (org_id, booked_on DESC);

CREATE TABLE treasury.funding_references (
  reference text PRIMARY KEY CHECK (reference ~ '^RF[0-9]{2}[0-9A-Z]{1,21}$'),
  org_id text NOT NULL,
  asset text NOT NULL CHECK (asset ~ '^[A-Z]{3}$'),
  created_at bigint NOT NULL,
  UNIQUE (org_id, asset)
);

CREATE TABLE treasury.grants (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  source text NOT NULL,
  asset text NOT NULL CHECK (asset ~ '^[A-Z]{2,12}$'),
  amount bigint NOT NULL CHECK (amount > 0),
  shard int NOT NULL,
  start_at bigint NOT NULL,
  cliff_ms bigint NOT NULL CHECK (cliff_ms >= 0),
  duration_ms bigint NOT NULL CHECK (duration_ms > 0),
  step_ms bigint NOT NULL CHECK (step_ms > 0 AND step_ms <= duration_ms),
  revocable boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('locking', 'running', 'revoked', 'ended', 'refused')),
  -- The last step for which a release was written.
  written_step int NOT NULL DEFAULT 0,
  revoked_step int,
  revoked_at bigint,
  proposal_id text NOT NULL,
  created_at bigint NOT NULL,
  CHECK ((revoked_step IS NULL) = (revoked_at IS NULL)),
  CHECK (revoked_step IS NULL OR written_step <= revoked_step)
);

CREATE TABLE treasury.grant_releases (
  grant_id text NOT NULL,
  org_id text NOT NULL,
  from_step int NOT NULL,
  to_step int NOT NULL CHECK (to_step > from_step),
  amount bigint NOT NULL CHECK (amount >= 0),
  written_at bigint NOT NULL,
  booked_at bigint,
  PRIMARY KEY (grant_id, from_step)
);

SELECT kernel.share('treasury.bank_accounts');
SELECT kernel.share('treasury.statements');
SELECT kernel.protect('treasury.bank_entries');
SELECT kernel.protect('treasury.funding_references');
SELECT kernel.protect('treasury.grants');
SELECT kernel.protect('treasury.grant_releases');
REVOKE ALL ON treasury.statements FROM :app;
