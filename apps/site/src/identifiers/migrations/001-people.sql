-- Who a patient is lies only here, as one ciphertext under the person's own data key.
-- A patient id is found again by a keyed hash; nothing in these tables can be read without the keys.
CREATE SCHEMA identifiers;

CREATE TABLE identifiers.person (
  person_id text PRIMARY KEY CHECK (person_id ~ '^per_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  -- Written into de-identified images in place of the patient id; random, not derived from it.
  pseudonym text NOT NULL UNIQUE,
  -- Null once the person is forgotten; the row stays as a tombstone.
  fields bytea,
  created_at_ms bigint NOT NULL,
  forgetting_at_ms bigint,
  forgotten_at_ms bigint,
  CHECK (forgotten_at_ms IS NULL OR fields IS NULL)
);
CREATE INDEX person_forgetting ON identifiers.person (org_id)
  WHERE forgetting_at_ms IS NOT NULL AND forgotten_at_ms IS NULL;
SELECT kernel.protect('identifiers.person');

CREATE TABLE identifiers.lookup (
  org_id text NOT NULL,
  -- HMAC-SHA-256 of issuer and patient id under the site's lookup key.
  patient_hash bytea NOT NULL CHECK (octet_length(patient_hash) = 32),
  person_id text NOT NULL,
  PRIMARY KEY (org_id, patient_hash)
);
CREATE INDEX lookup_person ON identifiers.lookup (person_id);
SELECT kernel.protect('identifiers.lookup');

CREATE TABLE identifiers.conflict (
  conflict_id text PRIMARY KEY,
  org_id text NOT NULL,
  person_id text NOT NULL,
  -- Which fields differ, by name only.
  differs text[] NOT NULL,
  -- HMAC-SHA-256 of what was offered: a series of a hundred images is one conflict.
  offered_hash bytea NOT NULL CHECK (octet_length(offered_hash) = 32),
  -- Under the person's data key; null once the person is forgotten.
  offered bytea,
  created_at_ms bigint NOT NULL,
  resolution text CHECK (resolution IN ('same-person', 'different-person')),
  resolved_by text,
  resolved_at_ms bigint,
  UNIQUE (person_id, offered_hash)
);
SELECT kernel.protect('identifiers.conflict');
