-- Names have a namespace, an owner within the project and an end of their own; before, the first two were prefixes of
-- the key's text, and the last was the same for all. What an answer keeps for its first caller alone is sealed.
CREATE TABLE idempotency_names (
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    namespace TEXT NOT NULL,
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status BIGINT,
    media_type TEXT,
    body TEXT,
    sealed TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, livemode, namespace, owner, key)
);

-- A form's name begins with a word and a space, which no key of the API has; a publishable key's with its id, which has
-- 26 characters, and a slash.
INSERT INTO idempotency_names
SELECT project_id, livemode, 'form', substr(key, 6, 30), substr(key, 37), fingerprint, status, NULL, body, NULL,
    created_at, created_at + 86400000
FROM idempotency_keys WHERE substr(key, 1, 5) = 'form ';
INSERT INTO idempotency_names
SELECT project_id, livemode, 'api', substr(key, 1, 26), substr(key, 28), fingerprint, status, 'application/json', body,
    NULL, created_at, created_at + 86400000
FROM idempotency_keys WHERE substr(key, 1, 4) = 'key_' AND substr(key, 27, 1) = '/';
INSERT INTO idempotency_names
SELECT project_id, livemode, 'api', '', key, fingerprint, status, 'application/json', body, NULL,
    created_at, created_at + 86400000
FROM idempotency_keys
WHERE substr(key, 1, 5) <> 'form ' AND NOT (substr(key, 1, 4) = 'key_' AND substr(key, 27, 1) = '/');

DROP TABLE idempotency_keys;
CREATE INDEX idempotency_names_by_end ON idempotency_names (expires_at);
