-- The compute market's own truth: nodes, jobs, leases, why a job lies where it lies, and who may write.
-- No column can hold anything that names a patient: inputs and results are sealed bytes outside the database.
CREATE SCHEMA compute;

CREATE TABLE compute.nodes (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  name text NOT NULL,
  owner_kind text NOT NULL CHECK (owner_kind IN ('home', 'hospital', 'computing-centre', 'data-centre')),
  region text NOT NULL,
  jurisdiction text NOT NULL,
  trusted boolean NOT NULL,
  sign_key text NOT NULL UNIQUE,
  encrypt_key text NOT NULL,
  slots int NOT NULL CHECK (slots BETWEEN 1 AND 64),
  -- Millionths of the accounting currency for one reference-core second.
  floor_micro bigint NOT NULL CHECK (floor_micro >= 0),
  facts jsonb NOT NULL,
  online boolean NOT NULL DEFAULT false,
  -- The owner asked for it at the hub; the agent says it by itself in drain_reported.
  draining boolean NOT NULL DEFAULT false,
  drain_reported boolean NOT NULL DEFAULT false,
  -- The one live connection; an older one finds that it was replaced.
  session text,
  joined_at bigint NOT NULL,
  last_seen_at bigint NOT NULL
);
CREATE INDEX nodes_org ON compute.nodes (org_id);

CREATE TABLE compute.join_tokens (
  -- SHA-256 of the token, which is shown once and stored nowhere.
  token_sha256 text PRIMARY KEY,
  org_id text NOT NULL,
  owner_kind text NOT NULL,
  region text NOT NULL,
  jurisdiction text NOT NULL,
  trusted boolean NOT NULL,
  created_by text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  used_at bigint,
  node_id text,
  CHECK ((used_at IS NULL) = (node_id IS NULL))
);

CREATE TABLE compute.jobs (
  id text PRIMARY KEY,
  org_id text NOT NULL,
  request_id text NOT NULL,
  workload text NOT NULL,
  version text NOT NULL,
  digest text NOT NULL,
  runtime text NOT NULL,
  memory_mb int NOT NULL,
  gpus int NOT NULL,
  cpu_ms bigint NOT NULL,
  shares jsonb NOT NULL,
  author_org_id text NOT NULL,
  urgency text NOT NULL CHECK (urgency IN ('stat', 'urgent', 'routine')),
  factor_bps bigint NOT NULL CHECK (factor_bps > 0),
  tier int NOT NULL CHECK (tier BETWEEN 0 AND 3),
  jurisdictions text[] NOT NULL,
  data_class text NOT NULL,
  input_sha256 text NOT NULL,
  input_bytes bigint NOT NULL,
  result_key text NOT NULL,
  -- Cents of the accounting currency; the hold is the same amount in units of the settlement asset.
  max_price_cents bigint NOT NULL CHECK (max_price_cents > 0),
  asset text NOT NULL,
  scale int NOT NULL,
  hold_amount bigint NOT NULL CHECK (hold_amount > 0),
  rate jsonb NOT NULL,
  -- none: not placed yet; held; captured: the price went on, the rest came back; released: all came back.
  hold_state text NOT NULL DEFAULT 'none' CHECK (hold_state IN ('none', 'held', 'captured', 'released')),
  state text NOT NULL CHECK (state IN ('ordered', 'queued', 'leased', 'staged', 'running', 'returned', 'accepted',
    'settled', 'failed', 'cancelled', 'unresolved')),
  state_at bigint NOT NULL,
  -- The number of the latest lease; a lease with a lower one is fenced off.
  epoch int NOT NULL DEFAULT 0,
  -- Leases that ended without a usable result.
  lost int NOT NULL DEFAULT 0,
  price_cents bigint CHECK (price_cents > 0 AND price_cents <= max_price_cents),
  accepted_epoch int,
  problem text,
  stage text,
  fraction real,
  money jsonb NOT NULL DEFAULT '[]',
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  UNIQUE (org_id, request_id),
  CHECK ((state IN ('accepted', 'settled')) = (accepted_epoch IS NOT NULL)),
  CHECK (state <> 'settled' OR hold_state = 'captured'),
  CHECK (hold_state <> 'captured' OR accepted_epoch IS NOT NULL)
);
CREATE INDEX jobs_changed ON compute.jobs (org_id, updated_at);
CREATE INDEX jobs_state ON compute.jobs (state, state_at);

-- One row for each organisation: the time of its last change. The row lock makes changes of one organisation's jobs
-- commit in the order of updated_at, so that a reader who asks for what is newer never misses one.
CREATE TABLE compute.job_clocks (
  org_id text PRIMARY KEY,
  last_at bigint NOT NULL
);

CREATE FUNCTION compute.stamp_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO compute.job_clocks AS c (org_id, last_at) VALUES (NEW.org_id, NEW.updated_at)
    ON CONFLICT (org_id) DO UPDATE SET last_at = greatest(c.last_at + 1, EXCLUDED.last_at)
    RETURNING last_at INTO NEW.updated_at;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp_job BEFORE INSERT OR UPDATE ON compute.jobs
  FOR EACH ROW EXECUTE FUNCTION compute.stamp_job();

CREATE TABLE compute.leases (
  job_id text NOT NULL REFERENCES compute.jobs (id),
  epoch int NOT NULL CHECK (epoch >= 1),
  -- A lease belongs to two: the organisation that ordered, and the one whose node computes.
  org_id text NOT NULL,
  owner_org_id text NOT NULL,
  node_id text NOT NULL REFERENCES compute.nodes (id),
  state text NOT NULL CHECK (state IN ('offered', 'held', 'staged', 'running', 'returned', 'accepted', 'ended')),
  price_cents bigint NOT NULL,
  lease_ms int NOT NULL,
  -- The message that the node has not been sent yet.
  due text CHECK (due IN ('offer', 'start', 'revoke', 'settled')),
  offered_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  ended_at bigint,
  end_reason text,
  input_sealed_sha256 text,
  input_sealed_bytes bigint,
  -- Sealed results that the node has put; the signed envelope names the one that counts.
  result_puts int NOT NULL DEFAULT 0,
  result_sealed_bytes bigint,
  envelope jsonb,
  signature text,
  -- A result that came after the lease had ended: kept as evidence, never paid.
  late_envelope jsonb,
  blobs_gone boolean NOT NULL DEFAULT false,
  PRIMARY KEY (job_id, epoch),
  CHECK ((state = 'ended') = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (end_reason IS NULL))
);
-- One lease a job at a time, whatever the hubs believe.
CREATE UNIQUE INDEX leases_one_live ON compute.leases (job_id) WHERE state <> 'ended';
CREATE INDEX leases_node ON compute.leases (node_id) WHERE state IN ('offered', 'held', 'staged', 'running');
CREATE INDEX leases_due ON compute.leases (node_id) WHERE due IS NOT NULL;
CREATE INDEX leases_expiry ON compute.leases (expires_at) WHERE state IN ('offered', 'held', 'staged', 'running');

-- The answer of the allocator's last look at a job: a reason for every node.
CREATE TABLE compute.placements (
  job_id text PRIMARY KEY REFERENCES compute.jobs (id),
  org_id text NOT NULL,
  looked_at bigint NOT NULL,
  epoch int NOT NULL,
  reasons jsonb NOT NULL
);

CREATE TABLE compute.node_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id text NOT NULL,
  node_id text NOT NULL,
  at bigint NOT NULL,
  kind text NOT NULL,
  facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX node_events_node ON compute.node_events (node_id, id);

-- Who may place: one hub at a time, fenced by the epoch.
CREATE TABLE compute.writers (
  name text PRIMARY KEY,
  holder text NOT NULL,
  epoch bigint NOT NULL,
  expires_at bigint NOT NULL
);

-- How far each shard of the ledger has been read.
CREATE TABLE compute.feed_cursors (
  shard int PRIMARY KEY,
  seq bigint NOT NULL
);

SELECT kernel.protect('compute.nodes');
SELECT kernel.protect('compute.join_tokens');
SELECT kernel.protect('compute.jobs');
SELECT kernel.protect('compute.job_clocks');
SELECT kernel.protect('compute.leases');
SELECT kernel.protect('compute.placements');
SELECT kernel.protect('compute.node_events');
SELECT kernel.share('compute.writers');
SELECT kernel.share('compute.feed_cursors');
-- The owner of the node sees its leases too, and changes none of them.
CREATE POLICY node_owner ON compute.leases FOR SELECT TO :app
  USING (owner_org_id = NULLIF(current_setting('bithive.org_id', true), ''));
REVOKE ALL ON compute.writers, compute.feed_cursors FROM :app;
