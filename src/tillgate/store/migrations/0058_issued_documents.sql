-- Receipts, invoices and credit notes: what was issued stays as it is, for ever.

-- The last number of each series. Its row is locked until the commit of what takes the next one.
CREATE TABLE document_numbers (
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (project_id, livemode, kind)
);

CREATE TABLE issued_documents (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('receipt', 'invoice', 'credit_note')),
    number BIGINT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (id),
    -- Which of its kind it is of its order, from 1.
    place BIGINT NOT NULL,
    -- What the books said, as JSON.
    facts TEXT NOT NULL,
    -- Seller and buyer as they were: what is set of the project, its logo's digest, and what was known of the customer.
    seller_name TEXT NOT NULL,
    seller TEXT NOT NULL,
    logo TEXT,
    buyer_name TEXT,
    buyer_email TEXT,
    issued_at BIGINT NOT NULL,
    UNIQUE (project_id, livemode, kind, number),
    UNIQUE (order_id, kind, place)
);
CREATE INDEX issued_documents_logos ON issued_documents (project_id, logo) WHERE logo IS NOT NULL;

-- Earlier logos of projects, as far as a document was issued with them.
CREATE TABLE issued_logos (
    project_id TEXT NOT NULL REFERENCES projects (id),
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (project_id, digest)
);
