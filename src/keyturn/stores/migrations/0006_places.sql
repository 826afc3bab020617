-- A project's standing keys: a publishable and a secret one for each mode.
CREATE TABLE key_places (
    project_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    kind TEXT NOT NULL,
    key_id TEXT NOT NULL,
    PRIMARY KEY (project_id, mode, kind)
);
