-- What a node said was wrong with the input: a code of the workloads' catalogue, never a word of a file.
ALTER TABLE compute.leases ADD COLUMN end_code text CHECK (length(end_code) <= 64);
