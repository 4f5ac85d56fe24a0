-- How somebody becomes a member, or signs in again: by a code that is shown once, opened once and runs out. The
-- person sets the password or passkey, so no administrator ever knows one, and nobody is a member without saying so.
CREATE TABLE auth.invitations (
  id text PRIMARY KEY,
  org_id text NOT NULL REFERENCES auth.organisations (id),
  -- join: become a member with these roles. reset: a member chooses anew how to sign in.
  purpose text NOT NULL CHECK (purpose IN ('join', 'reset')),
  -- Of the code. Empty while a second person has not agreed to a reset.
  sha256 bytea UNIQUE CHECK (length(sha256) = 32),
  -- The first characters of the code, so that whoever handed it over knows it again in the list.
  hint text NOT NULL CHECK (hint ~ '^[0-9a-z]{0,5}$'),
  roles text[] NOT NULL CHECK (cardinality(roles) BETWEEN 1 AND 16),
  person_id text REFERENCES auth.people (id),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  approved_by text CHECK (approved_by <> created_by),
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  used_by text,
  revoked_at timestamptz,
  CHECK ((purpose = 'reset') = (person_id IS NOT NULL)),
  CHECK ((used_at IS NULL) = (used_by IS NULL))
);
CREATE INDEX invitations_org ON auth.invitations (org_id, created_at);
SELECT kernel.protect('auth.invitations');

-- A member who may not act for the organisation for the time being; elsewhere nothing changes for this person.
ALTER TABLE auth.memberships ADD COLUMN suspended_at timestamptz;
