-- What a project says of itself to its buyers, and how its sessions behave: a JSON object of what differs from the
-- default, read with the project's row.
ALTER TABLE projects ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

-- The project's logo, as it was uploaded, in base 64.
CREATE TABLE project_logos (
    project_id TEXT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content TEXT NOT NULL
);

-- By how much the money of a payment may differ from its price: the smaller of a share and a sum, as it was agreed when
-- the session was opened.
ALTER TABLE payments ADD COLUMN tolerance_basis_points BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN tolerance_minor BIGINT NOT NULL DEFAULT 0;
