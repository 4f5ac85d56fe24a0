-- Who belongs to which organisation, and the tokens of machines. Mounted by the hub and by the site.

CREATE TABLE auth.organisations (
  id text PRIMARY KEY CHECK (id ~ '^org_[0-9a-z-]{1,40}$'),
  -- A stable name by which a later start finds the organisation again; most have none.
  slug text UNIQUE,
  kind text NOT NULL,
  name_zh text NOT NULL,
  name_en text NOT NULL,
  jurisdiction text NOT NULL,
  -- Made by the sample start: marked wherever it is shown.
  sample boolean NOT NULL,
  -- The network holds it to be a trusted institution: nobody grants that to itself.
  trusted boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('active', 'suspended', 'closed')),
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL
);
-- Names of organisations are public in the network; routes still show an organisation to its own members only.
SELECT kernel.share('auth.organisations');

CREATE TABLE auth.people (
  id text PRIMARY KEY,
  -- Sealed with the person's own data key; empty when the person was forgotten.
  login_sealed bytea,
  name_sealed bytea,
  state text NOT NULL CHECK (state IN ('active', 'disabled', 'forgotten')),
  created_at timestamptz NOT NULL
);
-- A person may belong to several organisations, so a row belongs to none.
SELECT kernel.share('auth.people');

CREATE TABLE auth.memberships (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES auth.organisations (id),
  person_id text NOT NULL REFERENCES auth.people (id),
  roles text[] NOT NULL CHECK (cardinality(roles) BETWEEN 1 AND 16),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (org_id, person_id)
);
CREATE INDEX memberships_person ON auth.memberships (person_id);
SELECT kernel.protect('auth.memberships');

CREATE TABLE auth.service_tokens (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES auth.organisations (id),
  name text NOT NULL,
  -- SHA-256 of the token: 32 random bytes need no slow hash, and the token itself is shown once and kept nowhere.
  sha256 bytea NOT NULL UNIQUE CHECK (length(sha256) = 32),
  scope text[] NOT NULL CHECK (cardinality(scope) BETWEEN 1 AND 16),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  used_at timestamptz,
  revoked_at timestamptz
);
SELECT kernel.protect('auth.service_tokens');
