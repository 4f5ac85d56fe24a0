-- Which sign-in account stands for which person. Neither id can be read from a row: each is sealed under the other's
-- data key, and found again by a keyed hash only, so that forgetting either of the two breaks the link for good.
CREATE TABLE identifiers.link (
  org_id text NOT NULL,
  -- HMAC-SHA-256 of the account's and of the person's id under the site's lookup key.
  account_hash bytea NOT NULL CHECK (octet_length(account_hash) = 32),
  person_hash bytea NOT NULL CHECK (octet_length(person_hash) = 32),
  -- The person's id under the account's data key.
  person_sealed bytea NOT NULL,
  -- Who let the person in: the member of staff who made the invitation.
  invited_by text NOT NULL,
  created_at_ms bigint NOT NULL,
  PRIMARY KEY (org_id, account_hash),
  UNIQUE (org_id, person_hash)
);
SELECT kernel.protect('identifiers.link');

-- A code that was shown once. What is kept of it is a keyed hash.
CREATE TABLE identifiers.invitation (
  invitation_id text PRIMARY KEY CHECK (invitation_id ~ '^inv_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
  person_id text NOT NULL,
  created_by text NOT NULL,
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  -- Counted before the birth date is compared, so that guesses side by side are counted too.
  tries int NOT NULL DEFAULT 0,
  ended text CHECK (ended IN ('used', 'tried-too-often', 'replaced', 'withdrawn')),
  UNIQUE (org_id, code_hash)
);
CREATE UNIQUE INDEX invitation_open ON identifiers.invitation (org_id, person_id) WHERE ended IS NULL;
SELECT kernel.protect('identifiers.invitation');

-- How often an account tried a code lately; in the table, so that a restart forgives nobody.
CREATE TABLE identifiers.claim_try (
  org_id text NOT NULL,
  account_hash bytea NOT NULL CHECK (octet_length(account_hash) = 32),
  since_ms bigint NOT NULL,
  tries int NOT NULL,
  PRIMARY KEY (org_id, account_hash)
);
SELECT kernel.protect('identifiers.claim_try');
