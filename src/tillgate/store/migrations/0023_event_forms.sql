-- Webhooks in more than one language: an endpoint's dialect, and an event's form in each one that its project listens in.
ALTER TABLE webhook_endpoints ADD COLUMN dialect TEXT NOT NULL DEFAULT 'native';
CREATE TABLE event_forms (
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    dialect TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (event_id, dialect)
);
-- The event id that a test send tells; no event has it.
ALTER TABLE webhook_deliveries ADD COLUMN test_event_id TEXT;
