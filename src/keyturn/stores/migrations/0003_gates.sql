-- A key's texts have rows of their own, for a rotation gives a key a second one while the first still works.
CREATE TABLE key_secrets (
    digest BYTEA PRIMARY KEY,
    digest_algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    prefix TEXT NOT NULL,
    last_four TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT,
    overlap_ms BIGINT NOT NULL,
    ends_at BIGINT,
    -- 1 once it was ended at once or withdrawn: refused from then on, by no clock.
    ended BIGINT NOT NULL DEFAULT 0,
    last_used_at BIGINT,
    last_used_address TEXT,
    last_used_agent TEXT,
    last_used_path TEXT,
    UNIQUE (key_id, number)
);

INSERT INTO key_secrets (digest, digest_algorithm, key_id, number, prefix, last_four, created_at, active_at, overlap_ms,
    last_used_at)
SELECT digest, digest_algorithm, id, 1, prefix, last_four, created_at, created_at, 0, last_used_at FROM api_keys;

CREATE TABLE api_keys_rebuilt (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    kind TEXT NOT NULL CHECK (kind IN ('secret', 'publishable')),
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    scopes TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    parent_id TEXT,
    imported BIGINT NOT NULL,
    canary BIGINT NOT NULL,
    expires_at BIGINT,
    -- The fewest days before its end for which the owner was told of it.
    expiry_days_told BIGINT NOT NULL DEFAULT 1000000,
    revoked_at BIGINT,
    revoked_by TEXT,
    revoked_because TEXT,
    disabled_at BIGINT,
    disabled_by TEXT,
    disabled_because TEXT,
    networks TEXT NOT NULL,
    origins TEXT NOT NULL,
    apps TEXT NOT NULL,
    rate_per_second DOUBLE PRECISION,
    rate_burst BIGINT,
    report_only TEXT NOT NULL,
    exposed_at BIGINT,
    exposed_how TEXT
);

INSERT INTO api_keys_rebuilt (id, project_id, mode, kind, name, format, scopes, status, created_at, created_by,
    imported, canary, expires_at, revoked_at, revoked_by, disabled_at, disabled_by, networks, origins, apps,
    rate_per_second, rate_burst, report_only)
SELECT id, project_id, mode, 'secret', name, format, scopes, status, created_at, created_by, 0, 0, expires_at,
    revoked_at, revoked_by, disabled_at, disabled_by, networks, '', '', rate_per_second, rate_burst, '' FROM api_keys;

DROP TABLE api_keys;
ALTER TABLE api_keys_rebuilt RENAME TO api_keys;
CREATE INDEX api_keys_by_project ON api_keys (project_id, mode, created_at);
CREATE INDEX api_keys_by_parent ON api_keys (parent_id);
CREATE INDEX api_keys_by_expiry ON api_keys (expires_at);

-- Which keys may be used from which web origins: what a preflight asks, which carries no key.
CREATE TABLE key_origins (
    origin TEXT NOT NULL,
    key_id TEXT NOT NULL,
    PRIMARY KEY (origin, key_id)
);

CREATE TABLE suspended_projects (
    project_id TEXT PRIMARY KEY,
    suspended_at BIGINT NOT NULL,
    suspended_by TEXT NOT NULL,
    because TEXT
);

-- One row. Whoever narrows a key or writes the audit log locks it, so epochs and lines are committed in their order.
CREATE TABLE key_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    epoch BIGINT NOT NULL,
    audit_sequence BIGINT NOT NULL,
    audit_hash TEXT NOT NULL
);
INSERT INTO key_head (id, epoch, audit_sequence, audit_hash)
VALUES (1, 0, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE key_changes (
    epoch BIGINT PRIMARY KEY,
    key_id TEXT,
    project_id TEXT,
    changed_at BIGINT NOT NULL
);

-- Processes that may answer for keys out of their memory; one that may not has no row.
CREATE TABLE key_gates (
    gate TEXT PRIMARY KEY,
    epoch_seen BIGINT NOT NULL,
    renewals BIGINT NOT NULL
);

CREATE TABLE client_secrets (
    digest BYTEA PRIMARY KEY,
    project_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    object_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE key_audit (
    sequence BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    project_id TEXT,
    key_id TEXT,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX key_audit_by_project ON key_audit (project_id, sequence);
CREATE INDEX key_audit_by_key ON key_audit (key_id, sequence);
