-- Who belongs to a project, and as what. The owners of the installation belong to every project.
CREATE TABLE memberships (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, project_id)
);

CREATE INDEX memberships_by_project ON memberships (project_id, user_id);
CREATE INDEX sign_ins_by_user ON sign_ins (user_id);

ALTER TABLE users ADD COLUMN installation_owner BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE users SET installation_owner = TRUE WHERE role = 'owner';

-- A role was for all projects so far.
INSERT INTO memberships (user_id, project_id, role, created_at)
SELECT u.id, p.id, u.role, u.created_at FROM users u CROSS JOIN projects p WHERE u.role <> 'owner';

ALTER TABLE users DROP COLUMN role;
