-- When it was last told that nothing but failures come of an endpoint.
ALTER TABLE webhook_endpoints ADD COLUMN warned_at BIGINT;
