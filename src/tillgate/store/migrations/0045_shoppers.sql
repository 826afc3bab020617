-- Shoppers of a project, in test mode. Who signs up at a checkout has no password; a one-time code is asked for there.
CREATE TABLE shoppers (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    password TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, email)
);

-- How far somebody has come at the checkout of a session: one row a session, however many try. Whoever changes it holds
-- the session's row.
CREATE TABLE shopper_visits (
    session_id TEXT PRIMARY KEY REFERENCES checkout_sessions (id),
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    verified_at BIGINT
);
