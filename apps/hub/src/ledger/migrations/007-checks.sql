-- The running check reads no more than a slice each time: accounts by turns, and all transfers again by turns.
ALTER TABLE ledger.checked_shard
  ADD COLUMN account bigint NOT NULL DEFAULT 0,
  ADD COLUMN replayed_seq bigint NOT NULL DEFAULT 0,
  ADD COLUMN replayed_at_ms bigint NOT NULL DEFAULT 0;

-- Sums from the transfers read once more from the first one on: they must meet ledger.checked_account.
CREATE TABLE ledger.replayed_account (LIKE ledger.checked_account INCLUDING ALL);
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.replayed_account TO :worker;
