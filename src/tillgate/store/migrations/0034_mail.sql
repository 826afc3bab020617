-- Outgoing mail. What is in it is sealed, for it may hold a link that lets somebody in, and is forgotten once it is sent.
CREATE TABLE mails (
    id TEXT PRIMARY KEY,
    -- None for what belongs to the installation.
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    -- What it is about: a mail for each cause and recipient.
    cause TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    content_sealed TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused', 'failed', 'unsent')),
    problem TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (cause, recipient)
);

CREATE INDEX mails_by_project ON mails (project_id, id);
CREATE INDEX mails_by_state ON mails (project_id, state, id);
CREATE INDEX mails_by_purpose ON mails (project_id, purpose, created_at);
CREATE INDEX mails_by_age ON mails (created_at);

-- What a merchant is alerted to: once for each cause.
CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    -- None for what belongs to the installation.
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
    livemode BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT NOT NULL UNIQUE,
    subject_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    dismissed_at BIGINT
);

CREATE INDEX alerts_open ON alerts (project_id, livemode, id) WHERE dismissed_at IS NULL;
CREATE INDEX alerts_by_age ON alerts (created_at);

-- Links with which somebody who lost the password sets another, once. Only the digest of a link is kept.
CREATE TABLE password_resets (
    token_digest TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX password_resets_by_user ON password_resets (user_id);
