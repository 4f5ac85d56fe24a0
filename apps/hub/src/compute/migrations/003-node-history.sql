-- What the hub itself measured of each node: when it was there, how long it worked, what it earned, how its clock
-- differs. Nothing here is declared by a node's owner.

-- By the hub's clock: taken by the node, first progress, signed result taken in.
ALTER TABLE compute.leases
  ADD COLUMN held_at bigint,
  ADD COLUMN started_at bigint,
  ADD COLUMN returned_at bigint;
CREATE INDEX leases_of_node ON compute.leases (node_id, offered_at);
CREATE INDEX leases_of_owner ON compute.leases (owner_org_id, offered_at);

-- A lease moves in the transaction that moves its job, whose time of change is the time of the lease.
CREATE FUNCTION compute.stamp_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE compute.leases SET
    held_at = CASE WHEN NEW.state = 'leased' THEN coalesce(held_at, NEW.state_at) ELSE held_at END,
    started_at = CASE WHEN NEW.state = 'running' THEN coalesce(started_at, NEW.state_at) ELSE started_at END,
    returned_at = CASE WHEN NEW.state = 'returned' THEN coalesce(returned_at, NEW.state_at) ELSE returned_at END
  WHERE job_id = NEW.id AND epoch = NEW.epoch;
  RETURN NULL;
END $$;
CREATE TRIGGER stamp_lease AFTER UPDATE OF state ON compute.jobs FOR EACH ROW
  WHEN (NEW.state IN ('leased', 'running', 'returned') AND OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION compute.stamp_lease();

ALTER TABLE compute.nodes
  -- Milliseconds that the node's clock was ahead of the hub's at its last hello, and how far that may be off.
  ADD COLUMN clock_ahead_ms int,
  ADD COLUMN clock_within_ms int,
  -- The owner has taken the node out: it gets no work and no connection; its history stays.
  ADD COLUMN removed_at bigint;

ALTER TABLE compute.join_tokens
  -- Names a token without being one: from the hash, of which nobody gets back to the token.
  ADD COLUMN id text GENERATED ALWAYS AS ('jtok_' || left(token_sha256, 20)) STORED UNIQUE,
  ADD COLUMN revoked_at bigint,
  -- The code of the last refusal of a node that came with this token.
  ADD COLUMN problem text CHECK (length(problem) <= 64),
  ADD COLUMN problem_at bigint;

-- When a node was connected. An open row lasts until the node was last heard.
CREATE TABLE compute.node_times (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id text NOT NULL,
  node_id text NOT NULL REFERENCES compute.nodes (id),
  from_at bigint NOT NULL,
  until_at bigint CHECK (until_at >= from_at)
);
CREATE UNIQUE INDEX node_times_open ON compute.node_times (node_id) WHERE until_at IS NULL;
CREATE INDEX node_times_node ON compute.node_times (node_id, from_at);

-- A hub that was killed leaves its nodes marked as online: the next connection closes what it left open at the time
-- when the node was last heard, so an outage of the hub is never counted as time that the node was there.
CREATE FUNCTION compute.note_node_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE compute.node_times SET until_at = greatest(from_at, OLD.last_seen_at)
    WHERE node_id = NEW.id AND until_at IS NULL;
  IF NEW.online THEN
    INSERT INTO compute.node_times (org_id, node_id, from_at) VALUES (NEW.org_id, NEW.id, NEW.last_seen_at);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER note_node_time AFTER UPDATE OF online, session ON compute.nodes FOR EACH ROW
  WHEN (OLD.online IS DISTINCT FROM NEW.online OR (NEW.online AND OLD.session IS DISTINCT FROM NEW.session))
  EXECUTE FUNCTION compute.note_node_time();

-- What the ledger's feed says that a job paid to the owner of its node and to the author of its workload: one row a
-- booked transfer, with the amount and the time of that transfer.
CREATE TABLE compute.payouts (
  job_id text NOT NULL,
  part text NOT NULL CHECK (part IN ('base-pay', 'royalty')),
  org_id text NOT NULL,
  node_id text,
  workload text NOT NULL,
  version text NOT NULL,
  asset text NOT NULL,
  scale int NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  booked_at bigint NOT NULL,
  PRIMARY KEY (job_id, part),
  CHECK ((part = 'base-pay') = (node_id IS NOT NULL))
);
CREATE INDEX payouts_org ON compute.payouts (org_id, booked_at);

-- How far each shard of the ledger has been read for payouts.
CREATE TABLE compute.payout_cursors (
  shard int PRIMARY KEY,
  seq bigint NOT NULL
);

CREATE INDEX placements_looked ON compute.placements (looked_at);

SELECT kernel.protect('compute.node_times');
SELECT kernel.protect('compute.payouts');
SELECT kernel.share('compute.payout_cursors');
REVOKE ALL ON compute.payout_cursors FROM :app;
