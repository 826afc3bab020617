-- Customers who were erased: the row stays, for its orders name it, without anything that tells who it was.
ALTER TABLE customers ADD COLUMN erased_at BIGINT;

-- Who they were, until every other row was looked at that may tell it; then this row goes, too.
CREATE TABLE customer_erasures (
    customer_id TEXT PRIMARY KEY REFERENCES customers (id),
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    email TEXT,
    name TEXT,
    -- The place that is looked at, and the last of its rows that was; empty while the orders are walked.
    place TEXT NOT NULL,
    after TEXT NOT NULL
);
