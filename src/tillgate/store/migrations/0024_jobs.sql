-- Work that is claimed under a lease. What is done has no row; what comes again has one with its next time.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    -- One job of a kind for each key.
    key TEXT NOT NULL,
    project_id TEXT REFERENCES projects (id),
    -- Whose turn it waits for: its kind and its project.
    lane TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'failed')),
    -- Not again by the clock, where there is none.
    run_at BIGINT,
    lease_until BIGINT NOT NULL,
    lease_owner TEXT,
    attempts BIGINT NOT NULL,
    error TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (kind, key)
);
CREATE INDEX jobs_to_run ON jobs (lane, run_at, id) WHERE run_at IS NOT NULL;
CREATE INDEX jobs_leased ON jobs (lane, lease_until) WHERE lease_until > 0;
CREATE INDEX jobs_by_state ON jobs (state, id);

-- What is due is looked for project by project, so that one with thousands keeps nobody from their turn.
DROP INDEX checkout_sessions_to_expire;
CREATE INDEX checkout_sessions_to_expire ON checkout_sessions (project_id, expires_at) WHERE status = 'pending';
DROP INDEX payments_to_lapse;
CREATE INDEX payments_to_lapse ON payments (project_id, lapses_at) WHERE state = 'requires_capture';
