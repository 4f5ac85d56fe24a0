-- What people made of a result. A person judges again by a new row: what was said before stays.
CREATE TABLE reports.review (
  review_id text PRIMARY KEY CHECK (review_id ~ '^rvw_[0-9a-z]{26}$'),
  org_id text NOT NULL,
  report_id text NOT NULL REFERENCES reports.report ON DELETE CASCADE,
  reviewer_id text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
  reason text CHECK (reason IN
    ('wrong-region', 'implausible-value', 'poor-image-quality', 'wrong-study', 'not-useful', 'other')),
  -- The reviewer's words and the verdict of each finding, under the person's data key; null once they are forgotten.
  sealed bytea,
  created_at_ms bigint NOT NULL,
  CHECK ((verdict = 'rejected') = (reason IS NOT NULL))
);
CREATE INDEX review_report ON reports.review (report_id, created_at_ms, review_id);
SELECT kernel.protect('reports.review');
