-- What narrows a key: a switch that can be turned back on, networks it may come from, a pace of its own.
ALTER TABLE api_keys ADD COLUMN disabled_at BIGINT;
ALTER TABLE api_keys ADD COLUMN disabled_by TEXT;
ALTER TABLE api_keys ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN rate_per_second DOUBLE PRECISION;
ALTER TABLE api_keys ADD COLUMN rate_burst BIGINT;
