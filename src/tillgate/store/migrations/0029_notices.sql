-- Up to which line of the audit log an owner has seen the dangerous changes: of a project, or of the installation, which
-- has no name here.
CREATE TABLE notices_seen (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (user_id, project_id)
);
