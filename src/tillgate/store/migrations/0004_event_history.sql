-- What an event's object held before, as JSON of the fields that changed; null on its creation.
ALTER TABLE events ADD COLUMN previous_attributes TEXT;

CREATE INDEX events_by_age ON events (created_at);
-- All others go with their events.
CREATE INDEX webhook_tests_by_age ON webhook_deliveries (created_at) WHERE event_id IS NULL;
