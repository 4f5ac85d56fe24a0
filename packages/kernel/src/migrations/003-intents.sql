-- What a use case means to do, written before it moves money, so that a worker can finish it after a kill (law 2).

CREATE TABLE kernel.intent (
  id text PRIMARY KEY,
  room text NOT NULL,
  kind text NOT NULL,
  org_id text NOT NULL CHECK (org_id <> ''),
  reference text NOT NULL,
  payload text NOT NULL,
  created_at timestamptz NOT NULL,
  -- NULL while open; the canonical JSON of how it ended, written once.
  outcome text,
  settled_at timestamptz,
  attempts int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL,
  leased_by text,
  leased_until timestamptz,
  UNIQUE (room, kind, reference),
  CHECK ((outcome IS NULL) = (settled_at IS NULL))
);
CREATE INDEX intent_open ON kernel.intent (room, due_at) WHERE outcome IS NULL;

SELECT kernel.isolate('kernel.intent');
GRANT SELECT ON kernel.intent TO :app;
GRANT SELECT, INSERT, UPDATE ON kernel.intent TO :worker;
