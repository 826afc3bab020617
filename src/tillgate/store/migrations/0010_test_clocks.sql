-- In test mode, what brings the deadlines of its sessions nearer. Sessions are counted, so that they have a bound.
CREATE TABLE test_clocks (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    name TEXT,
    advanced_ms BIGINT NOT NULL CHECK (advanced_ms >= 0),
    sessions BIGINT NOT NULL CHECK (sessions >= 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX test_clocks_newest ON test_clocks (project_id, id);

ALTER TABLE checkout_sessions ADD COLUMN test_clock_id TEXT REFERENCES test_clocks (id);

CREATE INDEX checkout_sessions_by_test_clock ON checkout_sessions (test_clock_id, id) WHERE test_clock_id IS NOT NULL;
