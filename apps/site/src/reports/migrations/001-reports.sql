-- Reports that this site filed. Their content lies as ciphertext under the person's data key, outside the database.
CREATE SCHEMA reports;

CREATE TABLE reports.report (
  report_id text PRIMARY KEY CHECK (report_id ~ '^rep_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  -- One order is filed once.
  order_id text NOT NULL UNIQUE,
  person_id text NOT NULL,
  study_id text NOT NULL,
  series_id text NOT NULL,
  workload text NOT NULL,
  version text NOT NULL,
  result_sha256 text NOT NULL,
  state text NOT NULL CHECK (state IN ('filing', 'preliminary', 'erased')),
  -- Stands in the documents: a filing that a kill broke off is repeated with the same bytes.
  created_at_ms bigint NOT NULL
);
CREATE INDEX report_person ON reports.report (person_id);
CREATE INDEX report_recent ON reports.report (org_id, created_at_ms DESC);
SELECT kernel.protect('reports.report');

CREATE TABLE reports.document (
  report_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('seg', 'sr', 'fhir')),
  org_id text NOT NULL,
  -- SHA-256 and length of the plain document.
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint NOT NULL,
  PRIMARY KEY (report_id, kind)
);
SELECT kernel.protect('reports.document');

-- What has to go, or went, to the hospital's archive.
CREATE TABLE reports.delivery (
  report_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('seg', 'sr')),
  org_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'sent', 'refused', 'unreachable', 'unknown', 'withdrawn')),
  -- Why the archive refused, as a code, and its DIMSE status.
  reason text,
  status int,
  attempts int NOT NULL DEFAULT 0,
  state_at_ms bigint NOT NULL,
  next_try_ms bigint NOT NULL,
  PRIMARY KEY (report_id, kind)
);
CREATE INDEX delivery_due ON reports.delivery (org_id, next_try_ms)
  WHERE state IN ('queued', 'unreachable', 'unknown');
SELECT kernel.protect('reports.delivery');
