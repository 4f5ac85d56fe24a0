-- Work that this site ordered at the compute market. A kill at any line is taken up again from these rows.
CREATE SCHEMA orders;

CREATE TABLE orders.job_order (
  order_id text PRIMARY KEY CHECK (order_id ~ '^ord_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  -- The caller's own name for this order: ordering twice with one name is one order.
  request_key text,
  person_id text NOT NULL,
  study_id text NOT NULL,
  series_id text NOT NULL,
  workload text NOT NULL,
  version text NOT NULL,
  workload_digest text NOT NULL,
  urgency text NOT NULL,
  purpose text NOT NULL,
  data_class text NOT NULL,
  tier int NOT NULL CHECK (tier BETWEEN 0 AND 3),
  jurisdictions text[] NOT NULL,
  max_price text NOT NULL,
  requested_by text NOT NULL,
  created_at_ms bigint NOT NULL,
  -- What was sent for computing: hash, size, and the UIDs that the de-identified images carry.
  input_sha256 text,
  input_bytes bigint,
  input jsonb,
  result_key text,
  -- Private X25519 key of this order, under the person's data key; null once it is of no use.
  result_secret bytea,
  job_id text,
  state text NOT NULL,
  state_at_ms bigint NOT NULL,
  -- Code of the error catalogue that the order waits on or ended with.
  problem text,
  lease_epoch int NOT NULL DEFAULT 0,
  staged_epoch int NOT NULL DEFAULT 0,
  -- The epoch whose computing was already noted in the lineage.
  running_epoch int NOT NULL DEFAULT 0,
  result_epoch int,
  result_sha256 text,
  report_id text,
  -- True while the hub has still to be told that the order is withdrawn.
  cancel_due boolean NOT NULL DEFAULT false,
  -- The hub's `updatedAt` of the newest view of the job that was acted on.
  job_seen_at bigint NOT NULL DEFAULT 0,
  failures int NOT NULL DEFAULT 0,
  next_try_ms bigint NOT NULL,
  UNIQUE (org_id, request_key)
);
CREATE INDEX job_order_due ON orders.job_order (org_id, next_try_ms)
  WHERE cancel_due OR state NOT IN ('settled', 'refused', 'failed', 'cancelled');
CREATE INDEX job_order_person ON orders.job_order (person_id);
CREATE INDEX job_order_recent ON orders.job_order (org_id, created_at_ms DESC);
SELECT kernel.protect('orders.job_order');

-- The lineage of an order, one row a step. Facts are codes, ids, hashes and counts: never a patient field.
CREATE TABLE orders.step (
  order_id text NOT NULL,
  seq int NOT NULL,
  org_id text NOT NULL,
  stage text NOT NULL,
  at_ms bigint NOT NULL,
  facts jsonb NOT NULL,
  PRIMARY KEY (order_id, seq)
);
SELECT kernel.protect('orders.step');

-- How far the hub's job feed has been followed.
CREATE TABLE orders.follow (
  org_id text PRIMARY KEY,
  after bigint NOT NULL
);
SELECT kernel.protect('orders.follow');
