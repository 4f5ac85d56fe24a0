-- What the hub last said of the order's job (a view without a patient's or a study's name): a page shows it at once,
-- with the time it is of, also while the hub cannot be reached.
ALTER TABLE orders.job_order ADD COLUMN job_view jsonb;
CREATE INDEX job_order_state ON orders.job_order (org_id, state, state_at_ms);
CREATE INDEX job_order_job ON orders.job_order (job_id);
