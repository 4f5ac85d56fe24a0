-- What the treasury itself remembers: proposals of two people, rates, quotes, issued money, the bank, grants. Money is
-- nowhere but in the ledger; rows here say why it moved.
CREATE SCHEMA treasury;

-- Law 11: nobody proposes and approves alone.
CREATE TABLE treasury.proposals (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind ~ '^[a-z][a-z-]{2,40}$'),
  payload text NOT NULL,
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'approved', 'done', 'refused', 'rejected')),
  proposed_by text NOT NULL,
  proposed_at bigint NOT NULL,
  decided_by text,
  decided_at bigint,
  problem text CHECK (problem ~ '^[a-z][a-z.-]{2,60}$'),
  CHECK (decided_by IS NULL OR decided_by <> proposed_by),
  CHECK ((decided_by IS NULL) = (state = 'open'))
);
CREATE INDEX proposals_state ON treasury.proposals (state, proposed_at);

-- One row for each act that moves money, by the reference that its transfers carry: the way from a transfer back to
-- who wanted it and who let it pass.
CREATE TABLE treasury.acts (
  reference text PRIMARY KEY CHECK (length(reference) <= 200),
  kind text NOT NULL CHECK (kind ~ '^[a-z][a-z-]{2,40}$'),
  org_id text NOT NULL,
  actor_id text NOT NULL,
  approved_by text,
  -- Of an act with two phases, written once before the second begins: what then happens whatever is killed.
  decision text CHECK (decision IN ('commit', 'abort')),
  state text NOT NULL CHECK (state IN ('open', 'booked', 'refused')),
  problem text CHECK (problem ~ '^[a-z][a-z.-]{2,60}$'),
  created_at bigint NOT NULL,
  ended_at bigint
);
CREATE INDEX acts_open ON treasury.acts (created_at) WHERE state = 'open';
CREATE INDEX acts_newest ON treasury.acts (created_at DESC);

CREATE TABLE treasury.observations (
  pair text NOT NULL CHECK (pair ~ '^[A-Z]{2,12}-[A-Z]{2,12}$'),
  source text NOT NULL CHECK (source ~ '^[a-z][a-z0-9-]{1,38}$'),
  num bigint NOT NULL CHECK (num > 0),
  den bigint NOT NULL CHECK (den > 0),
  observed_at bigint NOT NULL,
  received_at bigint NOT NULL,
  -- What two people say holds until then; what a source says grows old by itself.
  valid_until bigint,
  PRIMARY KEY (pair, source)
);

-- Every rate that ever counted, never changed: quotes name their version.
CREATE TABLE treasury.rates (
  pair text NOT NULL CHECK (pair ~ '^[A-Z]{2,12}-[A-Z]{2,12}$'),
  version int NOT NULL,
  num bigint NOT NULL CHECK (num > 0),
  den bigint NOT NULL CHECK (den > 0),
  observed_at bigint NOT NULL,
  set_at bigint NOT NULL,
  sources text[] NOT NULL,
  left_out text[] NOT NULL,
  PRIMARY KEY (pair, version)
);

-- Two people let one jump pass: a median within the bound of this ratio counts as if it were the last rate.
CREATE TABLE treasury.jumps_let_pass (
  pair text PRIMARY KEY CHECK (pair ~ '^[A-Z]{2,12}-[A-Z]{2,12}$'),
  num bigint NOT NULL,
  den bigint NOT NULL,
  at bigint NOT NULL
);

CREATE TABLE treasury.quotes (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  pair text NOT NULL CHECK (pair ~ '^[A-Z]{2,12}-[A-Z]{2,12}$'),
  side text NOT NULL CHECK (side IN ('sell-base', 'sell-quote')),
  sell bigint NOT NULL CHECK (sell > 0),
  fee bigint NOT NULL CHECK (fee >= 0 AND fee <= sell),
  buy bigint NOT NULL CHECK (buy > 0),
  -- The same in units of the accounting currency: what the limits count.
  counted bigint NOT NULL CHECK (counted >= 0),
  num bigint NOT NULL,
  den bigint NOT NULL,
  rate_version int NOT NULL,
  spread_bps bigint NOT NULL,
  fee_bps bigint NOT NULL,
  sample boolean NOT NULL,
  asked_by text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('quoted', 'accepted', 'converted', 'refused')),
  accepted_by text,
  accepted_at bigint,
  ended_at bigint,
  problem text CHECK (problem ~ '^[a-z][a-z.-]{2,60}$')
);
CREATE INDEX quotes_org ON treasury.quotes (org_id, created_at DESC);
CREATE INDEX quotes_accepted ON treasury.quotes (accepted_at) WHERE accepted_at IS NOT NULL;

-- Every transfer that makes or ends a unit of an issued asset, written before it is submitted.
CREATE TABLE treasury.supply_moves (
  transfer_id uuid PRIMARY KEY,
  asset text NOT NULL CHECK (asset ~ '^[A-Z]{2,12}$'),
  shard int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('genesis', 'emission', 'burn', 'before-genesis')),
  reference text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  -- Its place in the shard's feed once it was seen there.
  seq bigint
);
CREATE INDEX supply_moves_reference ON treasury.supply_moves (reference);

CREATE TABLE treasury.feed_cursors (
  shard int PRIMARY KEY,
  seq bigint NOT NULL
);

CREATE TABLE treasury.genesis (
  asset text PRIMARY KEY CHECK (asset ~ '^[A-Z]{2,12}$'),
  -- SHA-256 of the allocation document in canonical JSON (RFC 8785).
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  document text NOT NULL,
  sample boolean NOT NULL,
  at bigint NOT NULL,
  proposed_by text NOT NULL,
  approved_by text
);

CREATE TABLE treasury.emissions (
  asset text NOT NULL CHECK (asset ~ '^[A-Z]{2,12}$'),
  epoch bigint NOT NULL CHECK (epoch >= 0),
  amount bigint NOT NULL CHECK (amount >= 0),
  pool_amount bigint NOT NULL CHECK (pool_amount >= 0 AND pool_amount <= amount),
  written_at bigint NOT NULL,
  PRIMARY KEY (asset, epoch)
);

CREATE TABLE treasury.fee_versions (
  name text NOT NULL CHECK (name ~ '^[a-z][a-z.-]{2,40}$'),
  version int NOT NULL,
  value bigint NOT NULL,
  effective_from bigint NOT NULL,
  proposed_by text NOT NULL,
  approved_by text NOT NULL,
  reason text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (name, version)
);

-- Differences that stand, one row a check: what was found is shown, and stops what it must.
CREATE TABLE treasury.findings (
  check_name text NOT NULL CHECK (check_name ~ '^[a-z][a-z-]{2,40}$'),
  asset text NOT NULL,
  since bigint NOT NULL,
  expected text NOT NULL,
  stored text NOT NULL,
  transfers text[] NOT NULL,
  PRIMARY KEY (check_name, asset)
);

SELECT kernel.share('treasury.proposals');
SELECT kernel.share('treasury.acts');
SELECT kernel.share('treasury.observations');
SELECT kernel.share('treasury.rates');
SELECT kernel.share('treasury.jumps_let_pass');
SELECT kernel.protect('treasury.quotes');
SELECT kernel.share('treasury.supply_moves');
SELECT kernel.share('treasury.feed_cursors');
SELECT kernel.share('treasury.genesis');
SELECT kernel.share('treasury.emissions');
SELECT kernel.share('treasury.fee_versions');
SELECT kernel.share('treasury.findings');
-- Proposals, acts and findings name people and other organisations: only workers of this program read them.
REVOKE ALL ON treasury.proposals, treasury.acts, treasury.findings, treasury.supply_moves, treasury.feed_cursors
  FROM :app;

-- Transfers on a supply account that no act of the treasury explains: a difference that names them.
CREATE TABLE treasury.unexplained_moves (
  transfer_id uuid PRIMARY KEY,
  shard int NOT NULL,
  seq bigint NOT NULL,
  asset text NOT NULL CHECK (asset ~ '^[A-Z]{2,12}$')
);
SELECT kernel.share('treasury.unexplained_moves');
REVOKE ALL ON treasury.unexplained_moves FROM :app;
