-- Links with which somebody takes up a role, once. Only the digest of a link is kept.
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    token_digest TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    -- None for the whole installation.
    project_id TEXT REFERENCES projects (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer')),
    invited_by TEXT NOT NULL,
    -- None for the command line. An invitation ends with the account of whoever made it.
    inviter_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX invitations_by_project ON invitations (project_id, created_at);
CREATE INDEX invitations_by_inviter ON invitations (inviter_id);

-- What people see of their own sign-ins, and when somebody last proved that it is still them.
ALTER TABLE sign_ins ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ins ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_ins ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ins ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ins ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;
UPDATE sign_ins SET id = 'sgn_' || substr(token_digest, 1, 26), seen_at = created_at;
