-- Since when nothing but failures came of an endpoint, and why it was switched off, where nobody did it by hand.
ALTER TABLE webhook_endpoints ADD COLUMN failing_since BIGINT;
ALTER TABLE webhook_endpoints ADD COLUMN disabled_reason TEXT
    CHECK (disabled_reason IS NULL OR disabled_reason IN ('gone', 'failing'));

-- Deliveries are claimed endpoint by endpoint, so that one with many due keeps nobody from their turn.
DROP INDEX webhook_deliveries_due;
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, next_attempt_at, id)
    WHERE status = 'pending';
CREATE INDEX webhook_deliveries_leased ON webhook_deliveries (endpoint_id, lease_until) WHERE lease_until > 0;
