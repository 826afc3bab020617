-- Keys are listed in pages, newest first: all of a project's, those of a mode, of a kind, or of a status. The status is
-- what `status` and `disabled_at` come to, as in keyturn.stores.listing.
DROP INDEX api_keys_by_project;
CREATE INDEX api_keys_newest ON api_keys (project_id, created_at, id);
CREATE INDEX api_keys_by_mode ON api_keys (project_id, mode, created_at, id);
CREATE INDEX api_keys_by_kind ON api_keys (project_id, kind, created_at, id);
CREATE INDEX api_keys_by_status ON api_keys
    (project_id, (CASE WHEN status = 'active' AND disabled_at IS NOT NULL THEN 'disabled' ELSE status END), created_at, id);
-- A key that ends takes its origins with it.
CREATE INDEX key_origins_by_key ON key_origins (key_id);
