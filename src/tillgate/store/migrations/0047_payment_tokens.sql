-- What a shopper approves once, and a merchant makes orders with later. A deleted one stays as a row, so that its orders
-- go on naming it.
CREATE TABLE payment_tokens (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('requires_authorization', 'active', 'disabled', 'rejected', 'deleted')),
    declines BOOLEAN NOT NULL,
    shopper TEXT,
    reference TEXT,
    metadata TEXT,
    locale TEXT,
    success_url TEXT NOT NULL,
    cancel_url TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX payment_tokens_newest ON payment_tokens (project_id, livemode, id);
