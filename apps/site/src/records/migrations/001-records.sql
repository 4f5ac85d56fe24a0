-- What belongs to a person's own page and to no other room.
CREATE SCHEMA records;

-- The way to a person's purse at the network: a token that reads and does nothing else, with what it last read. Both
-- under the person's data key, so that forgetting the person closes it in old backups too.
CREATE TABLE records.wallet (
  person_id text PRIMARY KEY CHECK (person_id ~ '^per_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  sealed bytea NOT NULL,
  connected_at_ms bigint NOT NULL,
  last_sealed bytea,
  last_at_ms bigint
);
SELECT kernel.protect('records.wallet');
