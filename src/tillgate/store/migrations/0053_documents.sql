-- What a project's documents are made of. A template is of the project, in both modes; what is made of it is of one.
CREATE TABLE templates (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    -- The version that renders are made of unless they name another; what was published last, or rolled back to.
    current_version BIGINT NOT NULL,
    -- How many versions there are; the next one's number follows.
    versions BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (project_id, slug)
);

-- Never changed: a render is of one of them for ever.
CREATE TABLE template_versions (
    template_id TEXT NOT NULL REFERENCES templates (id),
    number BIGINT NOT NULL,
    source TEXT NOT NULL,
    manifest TEXT NOT NULL,
    -- The template's own images by their names, in base 64.
    files TEXT NOT NULL,
    published_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (template_id, number)
);

-- Where renders are asked for without a key: one address for each mode. It is looked for by its digest alone.
CREATE TABLE template_hooks (
    id TEXT PRIMARY KEY,
    template_id TEXT NOT NULL REFERENCES templates (id),
    livemode BOOLEAN NOT NULL,
    token_digest TEXT NOT NULL UNIQUE,
    token_sealed TEXT NOT NULL,
    secret_sealed TEXT NOT NULL,
    signature_required BOOLEAN NOT NULL,
    UNIQUE (template_id, livemode)
);

CREATE TABLE renders (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    template_id TEXT NOT NULL REFERENCES templates (id),
    version_number BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('queued', 'rendering', 'succeeded', 'failed')),
    -- Who asked for it: a key by its id, a hook, or this server.
    asked_by TEXT NOT NULL,
    -- What the caller has named it; the same name is the same render.
    named TEXT,
    filename TEXT,
    data TEXT NOT NULL,
    error TEXT,
    pages BIGINT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    completed_at BIGINT
);
CREATE UNIQUE INDEX renders_named ON renders (project_id, livemode, named) WHERE named IS NOT NULL;
CREATE INDEX renders_open ON renders (project_id, livemode) WHERE status IN ('queued', 'rendering');
CREATE INDEX renders_to_drop ON renders (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX renders_by_template ON renders (template_id);

-- The documents themselves, in base 64, where files are kept in the database.
CREATE TABLE document_files (
    id TEXT PRIMARY KEY,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- What live renders are billed by: how many succeeded in a month (2026-11), by who asked for them.
CREATE TABLE render_counts (
    project_id TEXT NOT NULL REFERENCES projects (id),
    month TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    renders BIGINT NOT NULL,
    PRIMARY KEY (project_id, month, asked_by)
);
