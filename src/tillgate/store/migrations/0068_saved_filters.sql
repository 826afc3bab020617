-- The filters that somebody keeps of a list under a name: of a person in a project, seen by nobody else.
CREATE TABLE saved_filters (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES projects (id),
    list TEXT NOT NULL,
    name TEXT NOT NULL,
    -- As it stands in the address of the list.
    query TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, project_id, list, name)
);
