-- What was asked with each key: no keys, no client secrets, no query strings, no bodies; addresses by their network.
CREATE TABLE key_requests (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    project_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    key_id TEXT NOT NULL,
    secret BIGINT NOT NULL,
    method TEXT NOT NULL,
    -- The route's template; the object's id beside it.
    path TEXT NOT NULL,
    object_id TEXT,
    status BIGINT NOT NULL,
    duration_us BIGINT NOT NULL,
    -- Why the key layer refused it, and the API's code of whatever went wrong after that.
    refusal TEXT,
    error TEXT,
    -- What it takes to judge it once more.
    scope TEXT,
    reach TEXT,
    network TEXT,
    origin TEXT,
    app TEXT,
    opened BIGINT,
    agent TEXT,
    reported TEXT NOT NULL
);
CREATE INDEX key_requests_by_project ON key_requests (project_id, at);
CREATE INDEX key_requests_by_key ON key_requests (key_id, at);
CREATE INDEX key_requests_by_time ON key_requests (at);

-- How many more there were, on which day.
CREATE TABLE key_requests_dropped (
    project_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (project_id, day)
);
