-- The outcome of a project's payments, summed up by quarters of an hour: what the overview shows. Whoever writes here
-- holds the row of the project's last event number, so these rows make nobody wait who would not have waited there.
CREATE TABLE payment_figures (
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    -- Of an hour, since 1970.
    quarter BIGINT NOT NULL,
    currency TEXT NOT NULL,
    succeeded BIGINT NOT NULL,
    -- Those that came to nothing.
    ended BIGINT NOT NULL,
    refunds BIGINT NOT NULL,
    received_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    PRIMARY KEY (project_id, livemode, quarter, currency)
);

-- Whether a payment is in those sums. Earlier ones are counted by a job, or before their next change.
ALTER TABLE payments ADD COLUMN counted BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX payments_to_count ON payments (project_id, livemode, id) WHERE NOT counted;

CREATE INDEX webhook_endpoints_failing ON webhook_endpoints (project_id, livemode) WHERE failing_since IS NOT NULL;
