-- Law 11 for the bank too: a statement that one person brings is booked when a second one approves exactly it.
ALTER TABLE treasury.statements
  -- Of the file as it came, so that people can compare it with what the bank gave. Older rows have none.
  ADD COLUMN file_sha256 text CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
  ADD COLUMN approved_by text,
  -- Why it was refused: a person's words, or the code of what made it impossible.
  ADD COLUMN refusal text CHECK (length(refusal) BETWEEN 3 AND 500),
  -- A statement has a place in its account's row once it is approved.
  ALTER COLUMN place DROP NOT NULL,
  DROP CONSTRAINT statements_state_check,
  ADD CONSTRAINT statements_state_check CHECK (state IN ('taken', 'booking', 'booked', 'refused')),
  ADD CONSTRAINT statements_place_check CHECK ((place IS NULL) = (state IN ('taken', 'refused'))),
  ADD CONSTRAINT statements_refused_check CHECK ((refusal IS NOT NULL) = (state = 'refused')),
  ADD CONSTRAINT statements_second_person_check CHECK (approved_by <> uploaded_by),
  DROP CONSTRAINT statements_account_bank_id_key;
-- A refused file keeps nobody from bringing the bank's true statement of the same id.
CREATE UNIQUE INDEX statements_bank_id ON treasury.statements (account, bank_id) WHERE state <> 'refused';

ALTER TABLE treasury.bank_entries
  -- The reference of the bank that is this movement's alone: no other statement may book it again.
  ADD COLUMN service_ref text,
  DROP CONSTRAINT bank_entries_state_check,
  ADD CONSTRAINT bank_entries_state_check CHECK (state IN ('waiting', 'new', 'matched', 'unmatched', 'assigned',
    'returning', 'returned', 'returned-out', 'unexplained', 'refused'));
UPDATE treasury.bank_entries SET service_ref = bank_ref;
CREATE INDEX bank_entries_service_ref ON treasury.bank_entries (account, service_ref) WHERE service_ref IS NOT NULL;
