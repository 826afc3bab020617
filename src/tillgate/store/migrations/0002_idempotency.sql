-- What a mutating request answered, written in the transaction of its effect. An answer that is still null
-- belongs to a request that talks to the network between two transactions.
CREATE TABLE idempotency_keys (
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status BIGINT,
    body TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, livemode, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
