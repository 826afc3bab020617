-- A buyer whom the merchant knows. What identifies them is unique within the project and mode, where given.
CREATE TABLE customers (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    email TEXT,
    name TEXT,
    reference TEXT,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX customers_newest ON customers (project_id, livemode, id);
CREATE UNIQUE INDEX customers_by_email ON customers (project_id, livemode, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX customers_by_reference ON customers (project_id, livemode, reference)
    WHERE reference IS NOT NULL;
