-- The register of studies. It can be read without learning who anybody is: UIDs of the original images are kept only
-- as keyed hashes (to find them again) and as ciphertext under the patient's own data key.
CREATE SCHEMA imaging;

CREATE TABLE imaging.study (
  study_id text PRIMARY KEY CHECK (study_id ~ '^stu_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  person_id text NOT NULL,
  -- HMAC-SHA-256 of the Study Instance UID under the site's lookup key.
  study_hash bytea NOT NULL CHECK (octet_length(study_hash) = 32),
  -- UID, date, description and accession number, under the person's data key.
  sealed bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('receiving', 'complete')),
  created_at_ms bigint NOT NULL,
  completed_at_ms bigint,
  -- How many images it had then. A count kept up with every image would make the images of a study wait in line for
  -- one row, each until the one before is on disk; so images are counted where they are read.
  completed_count integer,
  -- When the rooms above were told; null until every one of them has answered.
  announced_at_ms bigint,
  UNIQUE (org_id, study_hash)
);
CREATE INDEX study_open ON imaging.study (study_id) WHERE announced_at_ms IS NULL;
CREATE INDEX study_person ON imaging.study (org_id, person_id);
SELECT kernel.protect('imaging.study');

CREATE TABLE imaging.series (
  series_id text PRIMARY KEY CHECK (series_id ~ '^ser_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  study_id text NOT NULL REFERENCES imaging.study ON DELETE CASCADE,
  series_hash bytea NOT NULL CHECK (octet_length(series_hash) = 32),
  sealed bytea NOT NULL,
  modality text NOT NULL,
  body_part text NOT NULL,
  UNIQUE (study_id, series_hash)
);
SELECT kernel.protect('imaging.series');

CREATE TABLE imaging.instance (
  instance_id text PRIMARY KEY CHECK (instance_id ~ '^img_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  study_id text NOT NULL,
  series_id text NOT NULL REFERENCES imaging.series ON DELETE CASCADE,
  sop_hash bytea NOT NULL CHECK (octet_length(sop_hash) = 32),
  -- HMAC-SHA-256 of the data set: the same image sent twice is known without opening the first.
  content_hash bytea NOT NULL CHECK (octet_length(content_hash) = 32),
  sop_class_uid text NOT NULL,
  transfer_syntax_uid text NOT NULL,
  row_count integer NOT NULL,
  column_count integer NOT NULL,
  frame_count integer NOT NULL,
  -- Instance Number (0020,0013), for the order of a series.
  instance_number integer NOT NULL,
  size_bytes bigint NOT NULL,
  blob_key text NOT NULL,
  stored_at_ms bigint NOT NULL,
  UNIQUE (org_id, sop_hash)
);
CREATE INDEX instance_study ON imaging.instance (study_id, stored_at_ms);
CREATE INDEX instance_series ON imaging.instance (series_id, instance_number, instance_id);
SELECT kernel.protect('imaging.instance');
