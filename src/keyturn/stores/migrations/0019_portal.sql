-- The sessions in which customers of an API manage their own keys on a page. Of the link that opens one, and of the cookie
-- that goes on with it, nothing but the digest is kept.
CREATE TABLE key_portal_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    project_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    external_id TEXT NOT NULL,
    -- The key that made it, with which it ends; none where an operator did.
    maker_id TEXT REFERENCES api_keys (id),
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- What the customer is allowed, as JSON.
    allowed TEXT NOT NULL,
    return_url TEXT,
    link_digest BYTEA NOT NULL UNIQUE,
    link_expires_at BIGINT NOT NULL,
    cookie_digest BYTEA UNIQUE,
    opened_at BIGINT,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_by TEXT
);
CREATE INDEX key_portal_sessions_of_project ON key_portal_sessions (project_id, created_at, id);
CREATE INDEX key_portal_sessions_of_customer ON key_portal_sessions (project_id, external_id, created_at, id);
CREATE INDEX key_portal_sessions_by_expiry ON key_portal_sessions (expires_at);
CREATE INDEX key_portal_sessions_by_maker ON key_portal_sessions (maker_id) WHERE maker_id IS NOT NULL;

-- How many keys a customer has is asked with each that they make; those that are revoked are not looked at.
CREATE INDEX api_keys_of_customer ON api_keys (project_id, mode, external_id)
    WHERE external_id IS NOT NULL AND status = 'active';
