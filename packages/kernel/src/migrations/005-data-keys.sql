-- One key per person, wrapped by the master key (law 12). Closed to the app role: only workers of this program ask.

CREATE TABLE kernel.data_key_master (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- A fingerprint, so that a process with an old master cannot wrap new keys that nobody could open later.
  master_id text NOT NULL
);

CREATE TABLE kernel.data_key (
  person_id text PRIMARY KEY CHECK (person_id <> ''),
  master_id text,
  -- 12 bytes nonce, 32 bytes sealed key, 16 bytes tag. NULL once the person is forgotten; the row then stays, so
  -- that no new key is ever made for that person.
  wrapped bytea CHECK (length(wrapped) = 60),
  created_at timestamptz NOT NULL,
  destroyed_at timestamptz,
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
  CHECK ((wrapped IS NULL) = (master_id IS NULL))
);

GRANT SELECT, INSERT, UPDATE ON kernel.data_key_master, kernel.data_key TO :worker;
-- A destroyed key leaves a dead row behind until it is vacuumed.
GRANT MAINTAIN ON kernel.data_key TO :worker;
