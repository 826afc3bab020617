-- A request to create a key that may come again: by whom and under which Idempotency-Key, as a digest, what it asked for, and
-- the key that it made. Written with the key, so that one name makes one key, however often and by however many it is sent.
CREATE TABLE key_creations (
    name BYTEA NOT NULL PRIMARY KEY,
    content BYTEA NOT NULL,
    key_id TEXT NOT NULL REFERENCES api_keys (id)
);

-- What the maker of an API writes on a key: whose it is over there, what is known of them (a JSON object), and words by
-- which keys are found, separated by spaces.
ALTER TABLE api_keys ADD COLUMN external_id TEXT;
ALTER TABLE api_keys ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE api_keys ADD COLUMN tags TEXT NOT NULL DEFAULT '';
CREATE INDEX api_keys_by_external_id ON api_keys (project_id, external_id, created_at, id) WHERE external_id IS NOT NULL;
