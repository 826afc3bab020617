-- Deliveries that were given up are few among all of an endpoint, and are what somebody looks for.
CREATE INDEX webhook_deliveries_abandoned ON webhook_deliveries (endpoint_id, id) WHERE status = 'abandoned';
