-- Instants are Unix milliseconds. Money is an integer with its unit beside it: minor units of a fiat
-- currency, or atomic units of an asset (as text, because they outgrow 64 bits). Every object belongs to
-- one project and one mode, and every index that serves a list begins with the two.

CREATE TABLE instance_facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE projects (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer')),
    created_at BIGINT NOT NULL
);

-- The link with which the operator claims a fresh instance. Only its digest is kept.
CREATE TABLE setup_links (
    token_digest TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- A signed-in browser. Only the cookie's digest is kept.
CREATE TABLE sign_ins (
    token_digest TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    livemode BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);

CREATE TABLE sign_in_failures (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    failed_at BIGINT NOT NULL
);

CREATE INDEX sign_in_failures_by_subject ON sign_in_failures (subject, failed_at);

CREATE TABLE payment_links (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    description TEXT,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    success_url TEXT,
    cancel_url TEXT,
    active BOOLEAN NOT NULL,
    archived_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX payment_links_newest ON payment_links (project_id, livemode, id);

CREATE TABLE checkout_sessions (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    link_id TEXT REFERENCES payment_links (id),
    title TEXT,
    description TEXT,
    status TEXT NOT NULL CHECK (status IN
        ('pending', 'detected', 'underpaid', 'overpaid', 'paid', 'paid_late', 'expired', 'failed')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    metadata TEXT,
    success_url TEXT,
    cancel_url TEXT,
    return_url TEXT,
    expires_at BIGINT NOT NULL,
    paid_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX checkout_sessions_newest ON checkout_sessions (project_id, livemode, id);
CREATE INDEX checkout_sessions_by_status ON checkout_sessions (project_id, livemode, status, id);
CREATE INDEX checkout_sessions_by_link ON checkout_sessions (link_id, id) WHERE link_id IS NOT NULL;
CREATE INDEX checkout_sessions_to_expire ON checkout_sessions (expires_at) WHERE status = 'pending';

-- What a session waits for: so much of one asset at one address, priced when the session was opened.
CREATE TABLE payments (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE REFERENCES checkout_sessions (id),
    rail TEXT NOT NULL,
    chain_id BIGINT NOT NULL,
    asset TEXT NOT NULL,
    asset_decimals BIGINT NOT NULL,
    address TEXT NOT NULL UNIQUE,
    amount_atomic TEXT NOT NULL,
    native_price_usd TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Money that was seen on the way to a payment's address. What was received is their sum, never a counter.
CREATE TABLE transactions (
    id TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    chain_id BIGINT NOT NULL,
    tx_hash TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    amount_atomic TEXT NOT NULL,
    confirmed_at BIGINT,
    seen_at BIGINT NOT NULL,
    UNIQUE (chain_id, tx_hash, ordinal)
);

CREATE INDEX transactions_by_payment ON transactions (payment_id, seen_at);

CREATE TABLE event_sequences (
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (project_id, livemode)
);

CREATE TABLE events (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    sequence BIGINT NOT NULL,
    type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, livemode, sequence)
);

CREATE INDEX events_newest ON events (project_id, livemode, id);
CREATE INDEX events_by_type ON events (project_id, livemode, type, id);
CREATE INDEX events_by_object ON events (object_id, id);

-- The signing secret is sealed with the instance's key: it must be readable to sign, unlike an API key.
CREATE TABLE webhook_endpoints (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    url TEXT NOT NULL,
    description TEXT,
    events TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    secret_sealed TEXT NOT NULL,
    secret_prefix TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX webhook_endpoints_newest ON webhook_endpoints (project_id, livemode, id);

-- One event on its way to one endpoint. A test send has a body of its own and no event.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    event_id TEXT REFERENCES events (id) ON DELETE CASCADE,
    event_type TEXT NOT NULL,
    test_body TEXT,
    status TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'abandoned')),
    attempts BIGINT NOT NULL,
    attempts_max BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    response_status BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event_id, id);

CREATE TABLE webhook_attempts (
    id TEXT PRIMARY KEY,
    delivery_id TEXT NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    attempted_at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    response_status BIGINT,
    response_excerpt TEXT,
    error TEXT,
    UNIQUE (delivery_id, number)
);
