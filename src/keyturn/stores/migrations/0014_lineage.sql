-- The first key of those through which a key was made, so that who looks for a key's descendants reads those that are not
-- revoked, which are few by rule, and none of the revoked ones, of which there may be any number.
ALTER TABLE api_keys ADD COLUMN first_id TEXT;
UPDATE api_keys SET first_id = (
    WITH RECURSIVE line (id, parent_id) AS (
        SELECT a.id, a.parent_id FROM api_keys a WHERE a.id = api_keys.parent_id
        UNION SELECT k.id, k.parent_id FROM api_keys k JOIN line l ON k.id = l.parent_id
    ) SELECT l.id FROM line l WHERE l.parent_id IS NULL
) WHERE parent_id IS NOT NULL;
CREATE INDEX api_keys_of_first ON api_keys (first_id) WHERE first_id IS NOT NULL AND status = 'active';

-- Who looks for keys that are about to expire passes over those whose end was reported, of which there are ever more.
CREATE INDEX api_keys_to_report ON api_keys (expires_at, expiry_days_told)
    WHERE expires_at IS NOT NULL AND status = 'active' AND expiry_days_told > 0;
DROP INDEX api_keys_by_expiry;
