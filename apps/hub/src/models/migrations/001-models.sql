-- Which organisation an author's key on a workload's card stands for: the royalty goes there.
CREATE SCHEMA models;

CREATE TABLE models.authors (
  author_key text PRIMARY KEY,
  org_id text NOT NULL,
  set_at bigint NOT NULL
);

SELECT kernel.protect('models.authors');
