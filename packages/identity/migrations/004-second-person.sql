-- Roles that move money or change who may are given by two. What one person gave alone stands in `roles` and in
-- `awaiting`, and what awaits does not count until another person confirms it, or until `effective_at`.
ALTER TABLE auth.memberships
  ADD COLUMN awaiting text[] NOT NULL DEFAULT '{}',
  ADD COLUMN awaiting_by text,
  ADD COLUMN awaiting_since timestamptz,
  -- Only where nobody else could confirm when it was given.
  ADD COLUMN effective_at timestamptz,
  ADD COLUMN confirmed_by text,
  ADD CHECK (awaiting <@ roles),
  ADD CHECK ((cardinality(awaiting) = 0) = (awaiting_by IS NULL)),
  ADD CHECK ((awaiting_by IS NULL) = (awaiting_since IS NULL)),
  ADD CHECK (effective_at IS NULL OR awaiting_since < effective_at),
  ADD CHECK (confirmed_by <> created_by AND confirmed_by <> person_id);

-- When such a role was last taken from somebody: whoever sends a second person away is not soon alone.
ALTER TABLE auth.organisations ADD COLUMN power_taken_at timestamptz;
