-- Settings that people change while the network runs. Shared: they belong to no organisation; every organisation
-- may read them, and only workers of this program write.

CREATE TABLE kernel.parameter (
  name text PRIMARY KEY,
  value bigint NOT NULL,
  initial bigint NOT NULL,
  min bigint NOT NULL,
  max bigint NOT NULL,
  unit text NOT NULL,
  description_zh text NOT NULL,
  description_en text NOT NULL,
  version int NOT NULL DEFAULT 0,
  CHECK (min <= max)
);

CREATE TABLE kernel.parameter_history (
  name text NOT NULL REFERENCES kernel.parameter,
  version int NOT NULL,
  previous bigint NOT NULL,
  value bigint NOT NULL,
  proposed_by text NOT NULL,
  approved_by text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  at timestamptz NOT NULL,
  PRIMARY KEY (name, version),
  -- Law 11: nobody proposes and approves alone, whatever the program above does.
  CHECK (lower(proposed_by) <> lower(approved_by))
);

GRANT SELECT ON kernel.parameter, kernel.parameter_history TO :app, :worker;
GRANT INSERT, UPDATE ON kernel.parameter TO :worker;
GRANT INSERT ON kernel.parameter_history TO :worker;
