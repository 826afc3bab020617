-- A project whose templates are shown inside of a partner's pages: there is a row where embed was enabled once.
CREATE TABLE embed_partners (
    project_id TEXT PRIMARY KEY REFERENCES projects (id),
    -- Who has issued a partner's own tokens, for each mode. Anybody may know them.
    live_key TEXT NOT NULL UNIQUE,
    test_key TEXT NOT NULL UNIQUE,
    -- Where its pages may frame this server's, as a JSON array of origins.
    origins TEXT NOT NULL,
    suspended_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Ed25519 keys that tokens are signed with. The partner's private key is nowhere here; the server's own is sealed.
CREATE TABLE embed_keys (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    holder TEXT NOT NULL CHECK (holder IN ('partner', 'server')),
    public_key TEXT NOT NULL,
    private_sealed TEXT,
    created_at BIGINT NOT NULL,
    -- When a key that was replaced ends; NULL for the one in use.
    ends_at BIGINT
);
CREATE INDEX embed_keys_by_project ON embed_keys (project_id, created_at);

-- Variables that sessions may use, by name. A version never changes; the newest one is the current one.
CREATE TABLE embed_catalogs (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    catalog TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, name, version)
);

CREATE TABLE embed_sessions (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    -- The subject of its tokens.
    subject TEXT NOT NULL,
    tenant TEXT NOT NULL,
    actor TEXT NOT NULL,
    -- What it may do, where this server has signed its tokens; a partner's own tokens say it themselves.
    terms TEXT,
    renew_digest TEXT UNIQUE,
    publishes BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (project_id, livemode, subject)
);
CREATE INDEX embed_sessions_to_drop ON embed_sessions (expires_at);

-- Whose a template is, where a partner's tenant has published it.
ALTER TABLE templates ADD COLUMN tenant TEXT;
CREATE INDEX templates_by_tenant ON templates (project_id, tenant, slug);
CREATE INDEX renders_of_template ON renders (template_id, livemode, id);
DROP INDEX renders_by_template;
